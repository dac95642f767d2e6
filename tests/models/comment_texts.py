"""Comments with known themes, made for tests: five themes in four languages, and sixty short ones in six."""

from __future__ import annotations

import numpy as np

THEMES = ("late", "quality", "price", "service", "packing")

_SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "late": ("the delivery took three weeks", "my parcel is late again", "the courier came days after the date",
                 "shipping was slow", "still waiting for the parcel", "delivery was delayed twice"),
        "quality": ("the fabric feels cheap", "the seams came apart", "poor material", "the zip broke after a day",
                    "colours faded in the wash", "the stitching of the fabric is poor"),
        "price": ("far too expensive", "the price went up", "I paid double elsewhere for less money",
                  "not worth the money", "the discount was not applied to the price", "prices are too high"),
        "service": ("support never answered my e-mail", "the agent on the phone was rude",
                    "nobody at support helped me", "I called the hotline five times", "support closed my ticket",
                    "no answer from the hotline"),
        "packing": ("the box was crushed", "the cardboard box was torn", "no bubble wrap around the glass",
                    "the wrapping was wet", "the box arrived open", "glass badly wrapped in the box"),
    },
    "es": {
        "late": ("la entrega tardó tres semanas", "el paquete llegó tarde", "el mensajero vino días después",
                 "el envío fue lento", "sigo esperando el paquete", "la entrega se retrasó dos veces"),
        "quality": ("la tela parece barata", "las costuras se abrieron", "mal material",
                    "la cremallera se rompió en un día", "los colores de la tela se fueron al lavar",
                    "las costuras de la tela son malas"),
        "price": ("demasiado caro", "el precio ha subido", "pagué el doble de dinero", "no vale el dinero",
                  "no aplicaron el descuento al precio", "los precios son altos"),
        "service": ("soporte no contestó mi correo", "la agente del teléfono fue grosera",
                    "nadie de soporte me ayudó", "llamé cinco veces al teléfono", "soporte cerró mi consulta",
                    "sin respuesta del teléfono"),
        "packing": ("la caja estaba aplastada", "el cartón de la caja estaba roto", "sin plástico alrededor del vidrio",
                    "el envoltorio estaba mojado", "la caja vino abierta", "vidrio mal envuelto en la caja"),
    },
    "pt": {
        "late": ("a entrega demorou três semanas", "a encomenda chegou atrasada", "o estafeta veio dias depois",
                 "o envio foi lento", "ainda espero a encomenda", "a entrega atrasou duas vezes"),
        "quality": ("o tecido parece barato", "as costuras abriram", "material ruim", "o fecho partiu num dia",
                    "as cores do tecido desbotaram", "as costuras do tecido são ruins"),
        "price": ("caro demais", "o preço subiu", "paguei o dobro do dinheiro", "não vale o dinheiro",
                  "não aplicaram o desconto no preço", "os preços são altos"),
        "service": ("o suporte não respondeu ao e-mail", "a atendente do telefone foi rude",
                    "ninguém do suporte me ajudou", "liguei cinco vezes para o telefone", "o suporte fechou o pedido",
                    "sem resposta do telefone"),
        "packing": ("a caixa estava amassada", "o papelão da caixa rasgou", "sem plástico em volta do vidro",
                    "o embrulho estava molhado", "a caixa veio aberta", "vidro mal embalado na caixa"),
    },
    "uk": {
        "late": ("доставка тривала три тижні", "посилка знову запізнилася", "кур'єр приїхав через кілька днів",
                 "доставка була повільна", "досі чекаю на посилку", "доставку двічі переносили"),
        "quality": ("тканина здається дешевою", "шви розійшлися", "поганий матеріал", "блискавка зламалася за день",
                    "кольори тканини злиняли", "шви тканини погані"),
        "price": ("занадто дорого", "ціна зросла", "заплатив удвічі більше грошей", "не варте цих грошей",
                  "знижку до ціни не врахували", "ціни надто високі"),
        "service": ("підтримка не відповіла на лист", "оператор на телефоні грубив", "ніхто з підтримки не допоміг",
                    "дзвонила п'ять разів на телефон", "підтримка закрила звернення", "телефон без відповіді"),
        "packing": ("коробка була зім'ята", "картон коробки порвався", "скло без плівки", "обгортка була мокра",
                    "коробка прийшла відкрита", "скло погано загорнуте в коробку"),
    },
}  # fmt: skip

_OPENERS = {
    "en": ("Well,", "To be honest", "Sadly", "I must say", "This time", ""),
    "es": ("Bueno,", "La verdad,", "Por desgracia", "Debo decir que", "Esta vez", ""),
    "pt": ("Bem,", "Para ser sincera", "Infelizmente", "Devo dizer que", "Desta vez", ""),
    "uk": ("Ну,", "Чесно кажучи", "На жаль", "Мушу сказати", "Цього разу", ""),
}

SHORT = {
    "en": ("Great quality", "Fast delivery", "Too expensive", "Not good", "Will buy again", "The box was broken",
           "Still waiting", "Love it", "Terrible service", "Works as expected"),
    "es": ("Muy buena calidad", "Llegó tarde", "Demasiado caro", "No me gustó", "Volveré a comprar",
           "La caja estaba rota", "Todavía espero", "Me encanta", "Pésimo servicio", "Todo bien, gracias"),
    "pt": ("Ótima qualidade", "Não recebi", "Muito caro", "Não gostei", "Vou comprar de novo",
           "A caixa veio quebrada", "Ainda não chegou", "Adorei", "Péssimo atendimento", "Chegou antes do prazo"),
    "fr": ("Très bonne qualité", "Livraison rapide", "Trop cher", "Pas terrible", "Je recommande",
           "Le colis était abîmé", "J'attends toujours", "J'adore", "Service nul", "Conforme à la description"),
    "uk": ("Дуже гарна якість", "Швидка доставка", "Занадто дорого", "Не сподобалося", "Замовлю ще",
           "Коробка була пошкоджена", "Досі чекаю", "Все чудово, дякую", "Жахливий сервіс", "Рекомендую всім"),
    "ru": ("Очень хорошее качество", "Быстрая доставка", "Слишком дорого", "Не понравилось", "Закажу ещё",
           "Коробка была сломана", "Всё ещё жду", "Всё отлично, спасибо", "Ужасный сервис", "Рекомендую всем"),
}  # fmt: skip


def planted(language: str, n: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """`n` comments in this language and the index in THEMES of what each is about: two of the theme's six remarks, and
    in one of four another theme's remark besides."""
    random = np.random.default_rng(seed)
    about = random.integers(0, len(THEMES), n)
    said = []
    for theme in about:
        own = _SAID[language][THEMES[theme]]
        parts = [own[i] for i in random.choice(len(own), 2, replace=False)]
        if random.random() < 0.25:
            parts.append(random.choice(_SAID[language][random.choice(THEMES)]))
        opener = random.choice(_OPENERS[language])
        said.append(f"{opener} {', '.join(parts)}.".strip())
    return said, about


def purity(about: np.ndarray, members: list[np.ndarray]) -> float:
    """The share of comments that are of the theme most common in their group; those in no group count as wrong."""
    return sum(int(np.bincount(about[m]).max()) for m in members if len(m)) / len(about)
