from pages.common import show
show.guard("cohorts")
