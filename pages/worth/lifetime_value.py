from pages.common import show
show.guard("lifetime-value")
