"""Words that stand beside names, places and dates, in some languages of those who write here.

All folded. A list is never whole: the portfolio's own words do the rest.
"""

from certification.portfolio.deidentification.tokens import fold


def words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in text.split())


# Before a name.
TITLES = words(
    "mr mrs ms miss mx dr doctor prof professor sir madam "
    "herr frau fräulein doktor monsieur madame mademoiselle mme mlle docteur "
    "señor señora señorita sr sra srta don doña doctora senhor senhora dona "
    "signor signora signorina sig dott dottor dottoressa meneer mevrouw dhr mevr "
    "pan pani pán paní hr fru fröken bay bayan sayın domnul doamna úr "
    "господин госпожа доктор пан пані κύριος κυρία δρ "
    "السيد السيدة الدكتور الدكتورة الأستاذ آقای خانم دکتر מר גברת גב דוקטור פרופ श्री श्रीमती डॉ "
)
RELATIONS = words(
    "husband wife partner boyfriend girlfriend fiancé fiancée son daughter brother sister mother "
    "father mum mom dad uncle aunt cousin nephew niece grandmother grandfather friend boss "
    "colleague neighbour neighbor roommate teacher "
    "mann ehemann ehefrau partnerin freund freundin sohn tochter bruder schwester mutter vater onkel "
    "tante oma opa chef chefin kollege kollegin nachbar nachbarin "
    "mari femme compagnon compagne fils fille frère sœur soeur mère père oncle ami amie collègue "
    "marido esposo esposa mujer novio novia hijo hija hermano hermana madre padre tío tía amigo amiga "
    "jefe jefa filho filha irmão irmã mãe pai tio tia namorado namorada "
    "marito moglie figlio figlia fratello sorella zio zia amico amica "
    "zoon dochter broer zus moeder vader vriend vriendin "
    "mąż żona syn córka brat siostra matka ojciec manžel manželka dcera bratr sestra otec "
    "муж жена сын дочь брат сестра мать отец друг подруга чоловік дружина син дочка "
    "eşi oğlu kızı kardeşi annesi babası"
)
CALLED = words(
    "named called name nickname heißt heisst hieß hiess namens appelle appelé appelée prénommé "
    "prénommée nommé nommée llama llamado llamada chama chamado chamada chiama chiamato chiamata heet "
    "genaamd nazywa imieniu jmenuje heter зовут имени звати λένε اسمه اسمها يدعى تدعى نامش שמו שמה"
)
# After a name, where a script sets no space before it.
HONORIFICS_AFTER = (
    "さん",
    "様",
    "さま",
    "くん",
    "ちゃん",
    "先生",
    "女士",
    "小姐",
    "太太",
    "씨",
    "님",
)
# After a name, as a word of its own; a particle may be joined to it.
HONORIFIC_WORDS = ("hanım", "bey", "씨", "님")
# Before a name, in the same word.
HONORIFICS_BEFORE = ("นางสาว", "นาย", "คุณ")
# A place or an institution ends so where no space is set; what may stand before without naming one.
PLACE_ENDINGS = (
    "协和医院", "大学医院", "医院", "醫院", "病院", "大学", "大學", "병원", "대학교", "학교", "省", "市", "県", "县",
)  # fmt: skip
NO_PLACE_BEFORE = frozenset("城都超本全同这那這哪大小一在的去到の某")

PLACE_BEFORE = words(
    "in near from at to around outside moved lives lived living works worked born "
    "aus nach bei wohnt lebt arbeitet à en chez depuis vit habite desde vive trabaja em mora "
    "abita lavora te uit w z v ve в из под i från till til fra 'nin"
)
PLACE_WORDS = words(
    "street road avenue lane drive square boulevard hospital clinic school university college church "
    "prison village county straße strasse gasse allee platz weg krankenhaus klinik klinikum schule "
    "universität kirche gefängnis rue place hôpital clinique école université calle avenida plaza "
    "hospital clínica escuela colegio universidad rua praça escola universidade via piazza ospedale "
    "clinica scuola università straat laan plein ziekenhuis ulica szpital szkoła "
    "улица улице больница школа университет"
)
RECORD_WORDS = words(
    "mrn record file case patient insurance policy ssn nhs passport id account ref reference no nr "
    "number aktenzeichen akte fall versicherungsnummer patientennummer nummer dossier numéro "
    "expediente historia número cartella pratica numero bsn pesel cpf дело номер снилс chart "
    "personnummer číslo φάκελος αριθμός αμκα ملف رقم پرونده شماره תיק מספר dosya फ़ाइल"
)
# Of these some stand before any number.
ANY_NUMBER = words(
    "no nr number nummer numéro numero número номер číslo αριθμός رقم شماره מספר account"
)
# Right before the digits, where no space is set.
RECORD_ENDINGS = ("号", "號", "番号", "번호")
PHONE_ENDINGS = ("电话", "電話", "手机", "手機", "전화")
PHONE_WORDS = words(
    "phone tel telephone mobile cell call text whatsapp fax telefon handy mobil téléphone portable "
    "teléfono móvil telefone telefono cellulare телефон тел τηλ τηλέφωνο κινητό هاتف جوال تلفن موبایل "
    "טלפון נייד फ़ोन 電話 电话 전화 โทร"
)
MONTHS = words(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec "
    "januar februar märz maerz mai juni juli oktober dezember jänner mrz dez "
    "janvier février mars avril juin juillet août septembre octobre novembre décembre "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro "
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre "
    "januari februari maart mei augustus ocak şubat nisan mayıs haziran temmuz ağustos eylül ekim "
    "kasım aralık stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia ledna února března dubna května června července srpna října prosince "
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря "
    "січня лютого березня квітня травня червня липня серпня вересня жовтня грудня "
    "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου "
    "νοεμβρίου δεκεμβρίου يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر "
    "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר "
    "януари февруари март април май юни юли септември октомври ноември декември "
    "январь февраль апрель июнь июль сентябрь октябрь ноябрь декабрь "
    "maj augusti mars marts desember ianuarie februarie martie aprilie iunie iulie noiembrie decembrie "
    "בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר "
    "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม "
    "बजे जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर"
) - {"बजे"}
# Between a day and its month: "3 de mayo", "3rd of May".
DATE_LINKS = words("de of di del st nd rd th er den")
# Capitalised without being anybody.
PROGRAMME = words(
    "self compassion compassionate mindful mindfulness loving kindness msc scip cmsc act cbt dbt emdr "
    "ifs cft ptsd ocd adhd level client clients case practice soften soothe allow common humanity "
    "affectionate breathing body scan inner critic internal family systems therapy therapist "
    "monday tuesday wednesday thursday friday saturday sunday god i'm i christian jewish muslim "
    "buddhist english german french spanish session sessions week day part chapter zoom covid internet "
    "christmas easter ramadan new year i’d i’ll mum mom dad "
    "meditation soles feet giving receiving shame core values supportive touch sense savor savour equanimity"
)
# Small words of a language that gives every noun a capital: there a capital says nothing.
ALL_NOUNS_CAPITAL = words(
    "und ist nicht ich ein eine einen einer sich wir dass daß wurde auch der das dem mit zum zur ihr ihre im"
)
