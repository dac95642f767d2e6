"""The pages as data: where each lies, what it is called, and what it needs to have something to say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from words import message, text

ROOT = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """One page. `title`, `group` and `promise` are messages in English, translated when shown.

    `needs` names the tables without which the page has nothing to show; `promise` is what it then says
    it would show, and `upload` what to bring. `role` is the least a signed-in person must be
    ("viewer" sees, "editor" uploads and defines).
    """

    path: str
    title: str
    icon: str
    group: str
    promise: str = ""
    upload: str = ""
    needs: tuple[str, ...] = ("orders",)
    role: str = "viewer"

    @property
    def address(self) -> str:
        return Path(self.path).stem

    @property
    def route(self) -> str:
        """What follows the host in the browser: Streamlit serves the front page at the root only."""
        return "" if self is PAGES[0] else self.address


_ORDERS = message("Upload your shop's order export on the Data page, or open the demo shop there.")

PAGES = (
    Page(
        "pages/start/overview.py",
        message("Overview"),
        ":material/space_dashboard:",
        "",
        message(
            "The shop in one screen: who comes back, what an order and a customer bring, what to look at next."
        ),
        _ORDERS,
    ),
    Page("pages/start/data.py", message("Data"), ":material/database:", "", needs=()),
    Page(
        "pages/coming_back/cohorts.py",
        message("Cohorts"),
        ":material/grid_on:",
        message("Coming back"),
        message("How many of the customers won in a month, week or quarter buy again, and what they bring."),
        _ORDERS,
    ),
    Page(
        "pages/coming_back/order_ladder.py",
        message("Order ladder"),
        ":material/stairs:",
        message("Coming back"),
        message(
            "How many of the customers with one order place a second, a third, a fourth, how long they take, and where "
            "loyalty begins."
        ),
        _ORDERS,
    ),
    Page(
        "pages/worth/lifetime_value.py",
        message("Lifetime value"),
        ":material/diamond:",
        message("Worth"),
        message(
            "What a new customer brings, what each customer is worth, and how wrong such forecasts were before."
        ),
        _ORDERS,
    ),
    Page(
        "pages/worth/customers.py",
        message("Customers"),
        ":material/groups:",
        message("Worth"),
        message(
            "Which groups of customers bring how much, who is slowing down, who moved, and each one's card."
        ),
        _ORDERS,
    ),
    Page(
        "pages/worth/model_bench.py",
        message("Model bench"),
        ":material/labs:",
        message("Worth"),
        message("Which model describes the shop best, how it was fitted, and how far to trust it."),
        _ORDERS,
    ),
    Page(
        "pages/leaving/churn.py",
        message("Churn"),
        ":material/logout:",
        message("Leaving"),
        message(
            "How many customers will not order again in time, who they are, and why the model thinks so."
        ),
        _ORDERS,
    ),
    Page(
        "pages/leaving/contact_list.py",
        message("Contact list"),
        ":material/contact_mail:",
        message("Leaving"),
        message(
            "Whom to contact this afternoon, what for, what is at stake, and how to find out whether it did any good."
        ),
        _ORDERS,
    ),
    Page(
        "pages/satisfied/satisfaction.py",
        message("Satisfaction"),
        ":material/sentiment_satisfied:",
        message("Satisfied"),
        message(
            "How satisfied customers are, whether the last change is more than noise, and whether it shows in their orders."
        ),
        message(
            "Upload survey answers (NPS, CSAT or CES) beside your orders on the Data page, or open the demo shop there."
        ),
        needs=("surveys",),
    ),
    Page(
        "pages/satisfied/comments.py",
        message("Comments"),
        ":material/forum:",
        message("Satisfied"),
        message("What customers write about, how often, and how satisfied those are who do."),
        message("Upload survey answers with comments on the Data page, beside the orders."),
        needs=("surveys",),
    ),
)


def page(address: str) -> Page:
    """The page at this address, such as "lifetime_value". Raises KeyError if there is none."""
    return {p.address: p for p in PAGES}[address]


def groups() -> dict[str, list[Page]]:
    """The pages in their order under their translated group titles; "" stands above all groups."""
    found: dict[str, list[Page]] = {}
    for p in PAGES:
        found.setdefault(text(p.group) if p.group else "", []).append(p)
    return found
