"""Words that give a language away: function words, and for English the plain words of its financial headlines."""

FUNCTION_WORDS = {
    "en": "the of and to is are was were for with that this it its by from at as on be has have will after before "
    "than up down over not you i we your my our they he she what how why new out if but just now more who can "
    "about into says said could should would all in no or so do me",
    "es": "el la los las de del que y en un una por para con se es su al lo como más pero sus le ya este esta "
    "entre cuando muy sin sobre también hasta hay donde desde nos durante fue",
    "fr": "le la les de des du et en un une pour que qui dans sur au aux avec ce cette ne pas par plus son sa "
    "ses ont sont mais ou il elle nous vous leur été entre après",
    "de": "der die das und ist von mit den dem des ein eine einen einer für auf nicht im zu sich auch nach bei aus "
    "wie über wird werden hat sind oder aber noch nur zum zur",
    "pt": "o os de da do das dos e em um uma para com não que se por mais como mas ao na no nas nos foi são está "
    "pelo pela seu sua já após entre",
    "it": "il lo la gli le di del della dei delle che e è un una per con non sono nel nella da dal alla più anche "
    "come ma si ha al tra dopo",
    "nl": "de het een en van is op te dat voor niet met zijn aan er ook als bij naar om uit maar nog wordt over "
    "heeft deze door na",
    "in": "yang dan di ke dari untuk dengan ini itu pada tidak akan juga atau saya bisa ada oleh dalam karena "
    "lebih sudah",
    "tr": "ve bir bu için ile de da çok daha olarak olan ne gibi sonra kadar var değil ama",
}
"""Language code -> its commonest words that decide little else ("in" is the platform's old code of Indonesian)."""

ENGLISH_NEWS = (
    "acquire acquires acquired acquisition active ahead amid analyst analysts announces announced approval average "
    "back bank beat beats bearish below biggest board boost boosts bought breakout bulls bullish business buy buyer "
    "buying buys call calls cash ceo cfo chairman chart close closed companies company contract could cut cuts day deal "
    "debt decline declines dividend downgrade downgraded downgrades drop drops earned earnings earns eps estimate "
    "estimates exec executive expected expects fall falling falls files financial first forecast former from fund gain "
    "gains gap growth hedge high higher highest highs hits holdings in income increased industry insider investor "
    "investors joins largest launch launches launching law lawsuit leads long loss losses low lower makes market markets "
    "maker merger miss misses money more most moves my named names nearly net new news next offering oil open opening "
    "opens option options outlook output pays plans position power premarket price prices products profit profits "
    "profitable put puts quarter quarterly raise raised raises rally rating record report reported reporting reports "
    "results revenue rise rises rising sales says second sector sees sell seller selling sells services share "
    "shareholder shareholders shares short slump soars sold some stake steps still stock stocks strong sues supply surge "
    "talks target tech third today top trade trader traders trading tumbles unveils upgrade upgraded "
    "upgrades ups versus vs volume watch watching week weekly wins worth year years yields"
)
"""Words of English financial headlines that other European languages do not write like this."""
