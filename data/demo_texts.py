"""Names, products and comments of the demo shop. Made up; part of the data, so never translated."""

PRODUCTS = (
    ("Green tea, 100 g", "TEA-GRN", "Tea", 0.16),
    ("Earl Grey, 100 g", "TEA-EGR", "Tea", 0.14),
    ("Herbal infusion, 80 g", "TEA-HRB", "Tea", 0.1),
    ("Espresso beans, 500 g", "COF-ESP", "Coffee", 0.15),
    ("Filter coffee, 500 g", "COF-FIL", "Coffee", 0.12),
    ("Decaf beans, 250 g", "COF-DEC", "Coffee", 0.06),
    ("Teapot, glass", "EQP-POT", "Equipment", 0.07),
    ("Hand grinder", "EQP-GRI", "Equipment", 0.05),
    ("Tasting set", "GFT-TAS", "Gifts", 0.1),
    ("Gift box", "GFT-BOX", "Gifts", 0.05),
)
"""Name, code, category, share of all lines."""

FIRST_NAMES = {
    "US": ("Emma", "Liam", "Olivia", "Noah", "Ava", "Mason", "Grace", "Ethan", "Harper", "Logan"),
    "GB": ("Amelia", "George", "Isla", "Harry", "Freya", "Arthur", "Poppy", "Oscar", "Ivy", "Alfie"),
    "ES": ("Lucía", "Hugo", "Sofía", "Mateo", "Paula", "Álvaro", "Carla", "Diego", "Elena", "Iker"),
    "FR": ("Chloé", "Louis", "Inès", "Jules", "Manon", "Gabriel", "Zoé", "Raphaël", "Léa", "Arnaud"),
    "UA": ("Олена", "Андрій", "Ірина", "Тарас", "Оксана", "Богдан", "Наталя", "Юрій", "Софія", "Іван"),
}

LAST_NAMES = {
    "US": ("Miller", "Davis", "Garcia", "Wilson", "Moore", "Taylor", "Thomas", "White", "Clark", "Lewis"),
    "GB": ("Smith", "Jones", "Hughes", "Patel", "Evans", "Walker", "Wright", "Green", "Baker", "Wood"),
    "ES": ("García", "López", "Martín", "Sánchez", "Pérez", "Romero", "Navarro", "Torres", "Gil", "Serrano"),
    "FR": (
        "Martin",
        "Bernard",
        "Dubois",
        "Laurent",
        "Moreau",
        "Girard",
        "Lefèvre",
        "Roux",
        "Morel",
        "Fournier",
    ),
    "UA": (
        "Шевченко",
        "Коваль",
        "Бондар",
        "Ткаченко",
        "Мельник",
        "Кравець",
        "Гнатюк",
        "Лисенко",
        "Мороз",
        "Савчук",
    ),
}

LANGUAGES = {
    "US": ("en", "en"),
    "GB": ("en", "pt"),
    "ES": ("es", "es"),
    "FR": ("fr", "fr"),
    "UA": ("uk", "ru"),
}
"""What is spoken in a country: mostly the first, one in four the second."""

SECOND_LANGUAGE_SHARE = 0.25

COMMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "happy": (
            "Lovely tea, arrived quickly.",
            "Great quality, will order again.",
            "The beans smell wonderful.",
            "Friendly service and fast delivery.",
            "Exactly as described, nicely packed.",
        ),
        "unhappy": (
            "The taste was not what I expected.",
            "The box was damaged.",
            "Too expensive for what it is.",
            "Nobody answered my e-mail.",
            "One item was missing.",
        ),
        "late": (
            "It came a week late.",
            "Delivery took far too long.",
            "Still waiting for the rest of my parcel.",
        ),
    },
    "es": {
        "happy": (
            "Muy buen té y llegó rápido.",
            "Excelente calidad, volveré a comprar.",
            "El café huele de maravilla.",
            "Atención muy amable.",
        ),
        "unhappy": (
            "El sabor no era lo que esperaba.",
            "La caja llegó rota.",
            "Demasiado caro.",
            "Nadie contestó a mi correo.",
        ),
        "late": ("El pedido llegó con una semana de retraso.", "La entrega tardó demasiado."),
    },
    "pt": {
        "happy": (
            "Ótimo chá, chegou depressa.",
            "Excelente qualidade, vou comprar de novo.",
            "Atendimento simpático.",
        ),
        "unhappy": (
            "O sabor não era o que eu esperava.",
            "A caixa chegou partida.",
            "Muito caro para o que é.",
        ),
        "late": ("A encomenda chegou com uma semana de atraso.", "A entrega demorou demais."),
    },
    "fr": {
        "happy": (
            "Très bon thé, livré rapidement.",
            "Excellente qualité, je recommanderai.",
            "Service très aimable.",
        ),
        "unhappy": (
            "Le goût n'était pas celui attendu.",
            "La boîte était abîmée.",
            "Trop cher pour ce que c'est.",
        ),
        "late": ("Colis arrivé avec une semaine de retard.", "La livraison a été beaucoup trop longue."),
    },
    "uk": {
        "happy": (
            "Чудовий чай, доставили швидко.",
            "Відмінна якість, замовлю ще.",
            "Дуже привітна підтримка.",
        ),
        "unhappy": (
            "Смак не такий, як я очікувала.",
            "Коробка прийшла пошкоджена.",
            "Задорого для такої якості.",
        ),
        "late": ("Замовлення запізнилося на тиждень.", "Доставка тривала надто довго."),
    },
    "ru": {
        "happy": (
            "Прекрасный чай, доставили быстро.",
            "Отличное качество, закажу ещё.",
            "Очень вежливая поддержка.",
        ),
        "unhappy": (
            "Вкус не тот, что я ожидал.",
            "Коробка пришла повреждённой.",
            "Слишком дорого для такого качества.",
        ),
        "late": ("Заказ опоздал на неделю.", "Доставка длилась слишком долго."),
    },
}

QUESTIONS = {
    "NPS": ("How likely are you to recommend us to a friend?", "0-10"),
    "CSAT": ("How satisfied were you with this order?", "1-5"),
}

TAGS = ("vip", "wholesale", "gift buyer")
