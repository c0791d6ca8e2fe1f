"""Languages by their ISO 639-1 codes, with the names that people look for."""

from django.utils.translation import gettext as _

# ISO 639-1 code and English name; three sign languages by their ISO 639-3 codes.
NAMES: dict[str, str] = dict(
    line.split(" ", 1)
    for line in """
aa Afar
af Afrikaans
ak Akan
am Amharic
ar Arabic
as Assamese
ay Aymara
az Azerbaijani
be Belarusian
bg Bulgarian
bm Bambara
bn Bengali
bo Tibetan
br Breton
bs Bosnian
ca Catalan
co Corsican
cs Czech
cy Welsh
da Danish
de German
dv Dhivehi
dz Dzongkha
ee Ewe
el Greek
en English
eo Esperanto
es Spanish
et Estonian
eu Basque
fa Persian
ff Fulah
fi Finnish
fj Fijian
fo Faroese
fr French
fy Western Frisian
ga Irish
gd Scottish Gaelic
gl Galician
gn Guarani
gu Gujarati
ha Hausa
he Hebrew
hi Hindi
hr Croatian
ht Haitian Creole
hu Hungarian
hy Armenian
id Indonesian
ig Igbo
is Icelandic
it Italian
iu Inuktitut
ja Japanese
jv Javanese
ka Georgian
kg Kongo
ki Kikuyu
kk Kazakh
kl Greenlandic
km Khmer
kn Kannada
ko Korean
ks Kashmiri
ku Kurdish
ky Kyrgyz
lb Luxembourgish
lg Ganda
ln Lingala
lo Lao
lt Lithuanian
lv Latvian
mg Malagasy
mi Maori
mk Macedonian
ml Malayalam
mn Mongolian
mr Marathi
ms Malay
mt Maltese
my Burmese
nb Norwegian Bokmål
ne Nepali
nl Dutch
nn Norwegian Nynorsk
nv Navajo
ny Chichewa
oc Occitan
oj Ojibwe
om Oromo
or Odia
pa Punjabi
pl Polish
ps Pashto
pt Portuguese
qu Quechua
rm Romansh
rn Rundi
ro Romanian
ru Russian
rw Kinyarwanda
sa Sanskrit
sc Sardinian
sd Sindhi
se Northern Sami
sg Sango
si Sinhala
sk Slovak
sl Slovenian
sm Samoan
sn Shona
so Somali
sq Albanian
sr Serbian
ss Swati
st Southern Sotho
su Sundanese
sv Swedish
sw Swahili
ta Tamil
te Telugu
tg Tajik
th Thai
ti Tigrinya
tk Turkmen
tl Tagalog
tn Tswana
to Tongan
tr Turkish
ts Tsonga
tt Tatar
ug Uyghur
uk Ukrainian
ur Urdu
uz Uzbek
ve Venda
vi Vietnamese
wo Wolof
xh Xhosa
yi Yiddish
yo Yoruba
za Zhuang
zh Chinese
zu Zulu
ase American Sign Language
bfi British Sign Language
ils International Sign
""".strip().splitlines()
)


def language_choices() -> list[tuple[str, str]]:
    """For a select: an empty choice, then every language by name."""
    named = sorted(((code, _(name)) for code, name in NAMES.items()), key=lambda item: item[1])
    return [("", "—"), *named]


def language_names(codes: list[str]) -> list[str]:
    """The names of these codes, in order; an unknown code stands for itself."""
    return [_(NAMES[code]) if code in NAMES else code for code in codes]
