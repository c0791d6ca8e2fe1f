"""People from many places, drawn from lists: the same seed gives the same people."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from scip.demo.people import Person


@dataclass(frozen=True, slots=True)
class Origin:
    """A country with names (``written:latin``) and how given and family name are put together."""

    country: str
    zone: str
    languages: tuple[str, ...]
    given: str
    family: str
    pattern: str = "{given} {family}"


ORIGINS = (
    Origin("PT", "Europe/Lisbon", ("pt", "en"), "Beatriz Gonçalo:goncalo Matilde Rui",
           "Figueiredo Antunes Mourão:mourao Vasconcelos"),
    Origin("US", "America/New_York", ("en",), "Naomi Desmond Grace Theodore",
           "Whitaker Washington O’Connor:oconnor Kaplan"),
    Origin("JP", "Asia/Tokyo", ("ja", "en"), "美咲:misaki 健一:kenichi 由美子:yumiko 翔:sho",
           "渡辺:watanabe 小林:kobayashi 加藤:kato 斎藤:saito", "{family} {given}"),
    Origin("EG", "Africa/Cairo", ("ar", "en"), "يوسف:youssef مريم:mariam هدى:hoda كريم:karim",
           "المصري:elmasry عبدالرحمن:abdelrahman حسن:hassan فهمي:fahmy"),
    Origin("IL", "Asia/Jerusalem", ("he", "en"), "נועה:noa איתן:eitan תמר:tamar יונתן:yonatan",
           "כהן:cohen אברהמי:avrahami פרידמן:friedman שלו:shalev"),
    Origin("DE", "Europe/Berlin", ("de", "en"), "Käthe:kaethe Jürgen:juergen Annegret Till",
           "Müller-Lüdenscheidt:mueller Weiß:weiss Hoffmann Straßburger:strassburger"),
    Origin("UA", "Europe/Kyiv", ("uk", "en"), "Оксана:oksana Дмитро:dmytro Соломія:solomiia Тарас:taras",
           "Шевчук:shevchuk Коваленко:kovalenko Бондаренко:bondarenko Литвин:lytvyn"),
    Origin("CN", "Asia/Shanghai", ("zh", "en"), "晓雯:xiaowen 志强:zhiqiang 雅婷:yating 浩然:haoran",
           "欧阳:ouyang 陈:chen 王:wang 刘:liu", "{family}{given}"),
    Origin("IN", "Asia/Kolkata", ("hi", "en"), "Ananya Vikram Lakshmi Arjun",
           "Chattopadhyay Iyer Subramanian Kaur"),
    Origin("GR", "Europe/Athens", ("el", "en"), "Ελένη:eleni Νίκος:nikos Κατερίνα:katerina Γιώργος:giorgos",
           "Παπαδοπούλου:papadopoulou Δημητρίου:dimitriou Βασιλείου:vasileiou Οικονόμου:oikonomou"),
    Origin("MX", "America/Mexico_City", ("es", "en"), "María:maria Alejandro Xóchitl:xochitl Emiliano",
           "Hernández-Quetzalcóatl:hernandez Zúñiga:zuniga Villaseñor:villasenor Ibarra"),
    Origin("KR", "Asia/Seoul", ("ko", "en"), "지우:jiwoo 서연:seoyeon 민준:minjun 하은:haeun",
           "김:kim 이:lee 최:choi 정:jung", "{family}{given}"),
    Origin("AU", "Australia/Sydney", ("en",), "Tilly Hamish Bronwyn Darcy",
           "McAllister Nguyen Pemberton Walsh"),
    Origin("TR", "Europe/Istanbul", ("tr", "en"), "Gülşah:gulsah Çağrı:cagri Işıl:isil Ömer:omer",
           "Öztürk:ozturk Yıldırım:yildirim Şahin:sahin Güneş:gunes"),
    Origin("ZA", "Africa/Johannesburg", ("en", "zu"), "Nomvula Pieter Thandeka Sipho",
           "Dlamini Naidoo Botha Mokoena"),
    Origin("FR", "Europe/Paris", ("fr", "en"), "Anaïs:anais Étienne:etienne Solène:solene Loïc:loic",
           "Lefèvre:lefevre d’Aubigné:daubigne Béranger:beranger Marchand"),
    Origin("BR", "America/Sao_Paulo", ("pt", "en"), "Conceição:conceicao Thiago Luíza:luiza Otávio:otavio",
           "Guimarães:guimaraes Nascimento Albuquerque Teixeira"),
    Origin("VN", "Asia/Ho_Chi_Minh", ("vi", "en"), "Ngọc:ngoc Minh:minh Thảo:thao Quân:quan",
           "Nguyễn:nguyen Phạm:pham Đặng:dang Trần:tran", "{family} {given}"),
)  # fmt: skip

# Names that strain a layout or a form that expects a first and a last name.
UNUSUAL = (
    Person(email="sukarno.17@people.example", name="Sukarnoputra", country="ID",
           zone="Asia/Jakarta", languages=("id", "en")),
    Person(email="m.hohenlohe@people.example",
           name="Maria-Theresia von und zu Hohenlohe-Waldenburg-Schillingsfürst",
           country="AT", zone="Europe/Vienna", languages=("de",)),
    Person(email="tenzin@people.example", name="Tenzin", country="NP", zone="Asia/Kathmandu"),
    Person(email="gunnar.j@people.example", name="Þórunn Jónsdóttir", country="IS",
           zone="Atlantic/Reykjavik", languages=("is", "en")),
)  # fmt: skip

PROFESSIONS = (
    ("Psychologist", ("PhD", "PsyD", "")),
    ("Clinical social worker", ("LCSW", "MSW")),
    ("Marriage and family therapist", ("LMFT", "")),
    ("Professional counselor", ("LPC", "MEd", "")),
    ("Psychiatrist", ("MD",)),
    ("Psychotherapist", ("MA", "")),
    ("Intern in clinical psychology", ("",)),
)


def written(entry: str) -> tuple[str, str]:
    """A name as it is written, and in Latin letters for an address."""
    name, _colon, latin = entry.partition(":")
    return name, latin or name.lower()


def drawn_people(draw: random.Random) -> Iterator[Person]:
    """People without end: every origin in turn, some with an unusual name."""
    number = 0
    while True:
        for origin in ORIGINS:
            number += 1
            if number % 9 == 0 and number // 9 <= len(UNUSUAL):
                yield with_profession(UNUSUAL[number // 9 - 1], draw)
            yield with_profession(one_of(origin, number, draw), draw)


def one_of(origin: Origin, number: int, draw: random.Random) -> Person:
    """Somebody from there; the number keeps the address apart."""
    given, given_latin = written(draw.choice(origin.given.split()))
    family, family_latin = written(draw.choice(origin.family.split()))
    return Person(
        email=f"{given_latin}.{family_latin}.{number}@people.example".lower(),
        name=origin.pattern.format(given=given, family=family),
        country=origin.country,
        zone=origin.zone,
        languages=origin.languages,
    )


def with_profession(person: Person, draw: random.Random) -> Person:
    """The same person with a profession and the letters that go with it."""
    profession, suffixes = draw.choice(PROFESSIONS)
    return Person(
        email=person.email,
        name=person.name,
        suffix=draw.choice(suffixes),
        profession=profession,
        country=person.country,
        zone=person.zone,
        languages=person.languages,
    )
