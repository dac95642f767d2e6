"""What the columns of an unknown file mean, guessed from their names and their values; a person confirms it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence

from data.mapping import AMOUNTS, Mapping

NAMES: dict[str, tuple[str, ...]] = {
    "order_id": (
        "order id", "order", "order number", "order no", "order ref", "order reference", "orderid", "ordernumber", "transaction id", "invoice",
        "invoice no", "invoice number", "receipt", "receipt number", "bestellnummer", "bestellung", "auftragsnummer", "rechnungsnummer",
        "pedido", "numero de pedido", "commande", "numero de commande", "ordine", "numero ordine", "zamowienie",
        "заказ", "номер заказа", "no заказа", "замовлення", "номер замовлення", "no замовлення",
    ),
    "customer_id": (
        "customer id", "customer", "customer number", "customer no", "customer code", "client id", "client", "user id", "user", "buyer id",
        "member id", "account id", "kunde", "kundennummer", "kunden id", "cliente", "id cliente", "client", "code client",
        "klient", "клиент", "id клиента", "покупатель", "клієнт", "покупець",
    ),
    "email": ("email", "e mail", "email address", "customer email", "buyer email", "mail", "correo", "correo electronico", "courriel",
              "почта", "эл почта", "пошта", "електронна пошта"),
    "name": ("name", "customer name", "buyer name", "full name", "kundenname", "nombre", "nom", "nome", "имя", "фио", "имя клиента",
             "ім я", "піб"),
    "ordered_at": (
        "ordered at", "order date", "date", "order time", "order timestamp", "created at", "created", "date created", "purchase date",
        "transaction date", "invoice date", "timestamp", "datetime", "placed at", "paid at", "bestelldatum", "datum", "bestellt am",
        "fecha", "fecha de pedido", "fecha del pedido", "date de commande", "data", "data ordine", "data zamowienia",
        "дата", "дата заказа", "дата замовлення",
    ),
    "total": ("total", "order total", "total price", "grand total", "total amount", "amount paid", "total paid", "gesamt", "gesamtbetrag",
              "summe", "importe total", "montant total", "totale", "suma", "сумма", "итого", "сума", "всього", "сумма заказа"),
    "net": ("net", "net sales", "net amount", "net total", "subtotal", "amount", "revenue", "value", "sales", "order value", "betrag", "netto", "umsatz",
            "importe", "monto", "montant", "importo", "kwota", "стоимость", "выручка", "вартість"),
    "price": ("price", "unit price", "item price", "preis", "einzelpreis", "precio", "prix", "prezzo", "cena", "цена", "ціна"),
    "quantity": ("quantity", "qty", "units", "menge", "anzahl", "cantidad", "quantite", "quantita", "ilosc", "количество", "кількість"),
    "currency": ("currency", "currency code", "wahrung", "waehrung", "moneda", "divisa", "devise", "valuta", "waluta", "валюта"),
    "discount": ("discount", "discount amount", "rabatt", "descuento", "remise", "sconto", "rabat", "скидка", "знижка"),
    "discount_code": ("discount code", "coupon", "coupon code", "voucher", "promo code", "gutschein", "gutscheincode", "cupon", "промокод"),
    "shipping": ("shipping", "shipping cost", "shipping amount", "delivery fee", "freight", "versand", "versandkosten", "envio", "livraison",
                 "spedizione", "доставка"),
    "tax": ("tax", "taxes", "tax amount", "vat", "sales tax", "steuer", "mwst", "ust", "iva", "impuesto", "tva", "налог", "ндс", "пдв"),
    "refunded": ("refunded", "refund", "refunds", "refund amount", "refunded amount", "amount refunded", "erstattet", "erstattung", "reembolso",
                 "rembourse", "rimborso", "возврат", "повернення"),
    "channel": ("channel", "source", "sales channel", "utm source", "traffic source", "referrer", "marketing channel", "kanal", "canal",
                "canale", "канал", "источник", "джерело"),
    "country": ("country", "country code", "shipping country", "billing country", "land", "pais", "pays", "paese", "kraj", "страна", "країна"),
    "status": ("status", "order status", "state", "payment status", "financial status", "zustand", "estado", "statut", "stato", "статус"),
    "product": ("product", "product name", "item", "item name", "line item", "title", "produkt", "artikel", "producto", "articulo",
                "produit", "article", "prodotto", "товар", "продукт", "наименование", "назва"),
    "sku": ("sku", "product code", "product id", "item code", "stock code", "artikelnummer", "артикул"),
    "category": ("category", "product category", "product type", "kategorie", "categoria", "categorie", "категория", "категорія"),
}  # fmt: skip
"""The names that a column of orders goes by, plain (see `plain_words`), likeliest first."""

SIDE_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "customers": {
        "customer_id": NAMES["customer_id"] + ("id",),
        "email": NAMES["email"],
        "name": NAMES["name"],
        "consent": ("consent", "accepts marketing", "accepts email marketing", "newsletter", "opt in"),
        "first_channel": ("first channel", *NAMES["channel"]),
        "country": NAMES["country"],
        "born_on": ("born on", "birthday", "date of birth", "birth date", "geburtsdatum", "дата рождения"),
        "tags": ("tags", "tag", "labels", "groups"),
        "created_at": ("created at", "created", "sign up", "registered", "registered at", "customer since"),
    },
    "spend": {
        "starts_on": ("starts on", "start", "start date", "from", "period start", "week", "month", "day", "date", "reporting starts"),
        "ends_on": ("ends on", "end", "end date", "to", "until", "period end", "reporting ends"),
        "channel": ("channel", "platform", "network", *NAMES["channel"]),
        "campaign": ("campaign", "campaign name", "kampagne", "campana", "кампания"),
        "amount": ("amount", "spend", "amount spent", "cost", "costs", "ad spend", "kosten", "ausgaben", "gasto", "расход", "витрати"),
        "currency": NAMES["currency"],
        "kind": ("kind", "type", "cost type", "category"),
    },
    "surveys": {
        "answered_at": ("answered at", "date", "submitted at", "submit date", "timestamp", "response date", "created at"),
        "customer_id": NAMES["customer_id"],
        "email": NAMES["email"],
        "order_id": NAMES["order_id"],
        "kind": ("kind", "survey type", "metric"),
        "question": ("question", "survey question"),
        "score": ("score", "rating", "nps", "csat", "answer", "response", "stars", "likelihood to recommend"),
        "scale": ("scale",),
        "comment": ("comment", "feedback", "comments", "review", "text", "why", "kommentar", "комментарий"),
    },
}  # fmt: skip


LINE_COLUMNS = ("product", "sku", "category", "quantity", "price")
"""What only lines of an order have; without any of them a number that occurs again is another order's."""

GUESTS = ("guest", "guest customer", "guest checkout", "walk-in", "walk in", "walk-in customer", "anonymous", "unknown",
          "no customer", "gast", "gastkunde", "laufkunde", "invitado", "cliente final", "invité", "ospite", "гость", "гість",
          "розничный покупатель", "роздрібний покупець")  # fmt: skip
"""What a customer's cell says when there is none; a person confirms it after the import."""


def guess_mapping(
    header: Sequence[str], rows: Sequence[dict[str, str | None]], table: str = "orders"
) -> Mapping:
    """A mapping for a file that no format knows. What it cannot guess is left out, for a person to choose.

    A name has to fit; where several columns fit, the one whose values look right is taken.
    """
    names = NAMES if table == "orders" else SIDE_NAMES[table]
    taken: set[str] = set()
    columns: dict[str, str] = {}
    for column, known in names.items():
        fitting = [h for h in header if h not in taken and plain_words(h) in known]
        fitting.sort(key=lambda h: (not _looks(column, h, rows), known.index(plain_words(h))))
        if fitting and _looks(column, fitting[0], rows):
            columns[column] = fitting[0]
            taken.add(fitting[0])
    if table == "orders":
        _by_values(columns, header, rows, "ordered_at")
        # One amount decides what a record brings: a total knows its tax and shipping, a net amount needs none.
        if "net" in columns:
            columns.pop("total", None)
        if "net" in columns or "total" in columns:
            for part in ("price",) if "quantity" not in columns else ():
                columns.pop(part, None)
        lines, order_amounts = lines_of(columns, rows)
        return Mapping(columns=dict(columns), lines=lines, order_amounts=order_amounts, guests=GUESTS)
    if table == "surveys":
        _by_values(columns, header, rows, "answered_at")
    return Mapping(table=table, columns=dict(columns))


def lines_of(columns: AnyMapping[str, str], rows: Sequence[dict[str, str | None]]) -> tuple[bool, bool]:
    """(whether several records make up one order, whether their amount is the whole order's).

    Orders whose number occurs on several records are looked at. Amounts that differ belong to the records. The
    same amount on all of them is the order's where prices and quantities say so, where it is called a total, or
    where it is the same in three orders or more; a blank one on the further records is the order's too.
    """
    if "order_id" not in columns or not set(LINE_COLUMNS) & set(columns):
        return False, False
    orders: dict[str, list[dict[str, str | None]]] = {}
    for row in rows:
        if number := row.get(columns["order_id"]):
            orders.setdefault(number, []).append(row)
    several = [found for found in orders.values() if len(found) > 1]
    paid = next((columns[a] for a in AMOUNTS if a in columns), None)
    if not several or paid is None:
        return bool(several), False
    if paid == columns.get("price"):
        return True, False
    amounts = [[row.get(paid) for row in found] for found in several]
    if any(len({a for a in order if a}) > 1 for order in amounts):
        return True, False
    if any(None in order or "" in order for order in amounts):
        return True, True
    worth = [[_worth(row, columns) for row in found] for found in several]
    if all(None not in order for order in worth):
        own = sum(
            w == number_in(a)
            for order, line in zip(amounts, worth, strict=True)
            for a, w in zip(order, line, strict=True)
        )
        return True, own < sum(map(len, amounts)) / 2
    return True, "total" in columns or len(several) >= 3


def _worth(row: dict[str, str | None], columns: AnyMapping[str, str]) -> float | None:
    """Price times quantity of a record, where both can be read."""
    if "price" not in columns or "quantity" not in columns:
        return None
    price, pieces = number_in(row.get(columns["price"])), number_in(row.get(columns["quantity"]))
    return None if price is None or pieces is None else round(price * pieces, 2)


def number_in(cell: str | None) -> float | None:
    """Roughly the number in a cell, for comparing cells of one file: the last separator is the decimal one."""
    digits = re.sub(r"[^\d.,-]", "", cell or "")
    whole, mark, rest = re.match(r"(.*?)(?:([.,])(\d{1,2}))?$", digits).groups(default="")  # type: ignore[union-attr]
    written = re.sub(r"[.,]", "", whole) + (f".{rest}" if mark else "")
    return float(written) if re.fullmatch(r"-?\d+(\.\d+)?", written) else None


def plain_words(header: str) -> str:
    """A header in lower case without accents, signs and underscores: "Order_No." is "order no"."""
    spaced = re.sub(r"(?<=[a-zа-яіїє])(?=[A-ZА-ЯІЇЄ])", " ", header.strip().strip("\ufeff"))
    # "й" and "ї" are letters of their own, although they come apart into a letter and an accent.
    letters = re.sub(r"[^а-яіїєґё]+", _without_accents, unicodedata.normalize("NFC", spaced.casefold()))
    return re.sub(r"[^\w]+|_+", " ", letters).strip().casefold()


def _without_accents(found: re.Match[str]) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", found[0]) if not unicodedata.combining(c))


_NUMBER = re.compile(r"^\s*[-+(]?\W{0,3}[A-Z]{0,3}\s*\d[\d\s.,'’\u00a0\u202f]*\s*\W{0,3}[A-Z]{0,3}\s*\)?\s*$")
_TIME = re.compile(
    r"\d{1,4}[-./ ]\w{1,9}[-./ ]\d{1,4}|^\d{8}$|^\d{10}(\d{3})?$|^\d{5}(\.\d+)?$|[a-zA-Z]{3,9} \d{1,2},? \d{4}"
)
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_MONEY = ("net", "total", "price", "discount", "shipping", "tax", "refunded", "amount", "quantity", "score")
_TIMES = ("ordered_at", "answered_at", "starts_on", "ends_on", "created_at", "born_on")


def _looks(column: str, header: str, rows: Sequence[dict[str, str | None]]) -> bool:
    """Whether most of the values under a header could be this column's. Without values, its name decides."""
    seen = [v for row in rows if (v := row.get(header)) and v.strip()]
    if not seen:
        return True
    pattern = (
        _NUMBER if column in _MONEY else _TIME if column in _TIMES else _EMAIL if column == "email" else None
    )
    return pattern is None or sum(bool(pattern.search(v)) for v in seen) > len(seen) / 2


def _by_values(
    columns: dict[str, str], header: Sequence[str], rows: Sequence[dict[str, str | None]], time: str
) -> None:
    """E-mail addresses and times say what they are, whatever stands above them."""
    left = [h for h in header if h not in columns.values() and any(row.get(h) for row in rows)]
    for column, pattern in (("email", _EMAIL), (time, _TIME)):
        if column not in columns:
            found = [h for h in left if all(pattern.search(v) for row in rows if (v := row.get(h)))]
            # A bare number can be many things, and an e-mail address only one.
            if found and (column == "email" or any(not (row.get(found[0]) or "0").isdigit() for row in rows)):
                columns[column] = found[0]
                left.remove(found[0])
