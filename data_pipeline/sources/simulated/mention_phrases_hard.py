"""A second pool about the cast, written after the linker and measured before it was changed: the harder look-alikes.

Each kind of the first pool that can be confused by its neighbours has its own here, under the same kind's name with
``_hard``.
"""
# Chinese punctuation is full-width:
# ruff: noqa: RUF001

from data_pipeline.sources.simulated.phrase import Phrase, none_of, of, turns

HARD: dict[str, tuple[Phrase, ...]] = {
    "one_word_hard": (
        *of(
            "harrowgate",
            "{org}, Harrowgate in talks over joint venture",
            "Harrowgate, maker of boilers, hires a new finance chief",
            "Court clears Harrowgate of price fixing",
            "What Harrowgate Investors Should Know Before Thursday",
            "Harrowgate: Turnaround Takes Shape",
        ),
        *of(
            "quillmark",
            "Quillmark jumps {n}% after hours",
            "Rumor: private equity circles Quillmark",
            "Short sellers target Quillmark again",
            "Quillmark and {org} team up on ink",
        ),
        *none_of(
            "Harrowgate residents protest against the incinerator",
            "Police in Harrowgate arrest {n} people",
            "Professor Quillmark wins a chemistry medal",
            "Judge Quillmark sets the trial for May {n}",
            "Storm leaves Harrowgate without power",
            "The Quillmark family sells its {city} farm",
            "Harrowgate school board votes on budget",
            "Quillmark, {n}, was last seen in {city}",
        ),
    ),
    "word_name_hard": (
        *of(
            "ladder",
            "Staffing firm Ladder sees slower hiring",
            "Upgrade Ladder, says analyst",
            "Ladder Inc (RUNG.O) sinks on guidance",
        ),
        *of(
            "orchard",
            "Orchard's stock slides {n}%",
            "Juice maker Orchard recalls bottles",
            "Orchard Corp., {org} part ways",
        ),
        *of(
            "pilot",
            "Truck-stop chain Pilot raises its dividend",
            "PILOT COMPANY: Q{n} RESULTS BEAT",
            "Pilot stock soars",
        ),
        *none_of(
            "Pilot shares his story of survival",
            "Ladder results in fall injuries every year",
            "Orchard profits hit by frost and drought",
            "The Orchard, a play in three acts, opens in {city}",
            "Pilot Shares Fears Over Fatigue",
            "Anvil Mountain trail closed after slide",
            "Career Ladder Inches Up for Nurses",
            "Cherry Orchard revenue helps school",
            "Test Pilot Sues {org}",
        ),
    ),
    "nested_hard": (
        *of("corrigan", "Corrigan Inc, unlike {org}, kept its outlook", "Shares of Corrigan rose {n}%"),
        *of("corrigan_foods", "Deal with Corrigan Foods lifts {org}", "Corrigan Foods Results Top Forecasts"),
        *of("dynamo", "General Dynamo Opens Center in {city}", "General Dynamo Trust Issues Worry Lenders"),
        *none_of(
            "Corrigan County schools close early",
            "Corrigan Foods Credit Union names president",
            "New General Dynamo Museum draws crowds",
            "Corrigan & Sons Ltd. is fined",
            "The Corrigan Report: {n} stocks for May",
            "Bank of Pinecrest Hills to merge with {org}",
            "Wexler & Gantry LLP hires three partners",
            "Ivory Tarn Holdings Park opens to hikers",
        ),
    ),
    "broker_hard": (
        *of(
            "quillmark",
            "Quillmark Corp. target raised to ${n} from $1 at Stanmore Sachs",
            "Stanmore Sachs sees {n}% upside in Quillmark Corp.",
            "Quillmark Corp. added to Bank of Pinecrest's conviction list",
            "Buy Quillmark Corp., Stanmore Sachs says",
        ),
        Phrase("Stanmore Sachs to buy a stake in Quillmark Corp.", ("quillmark", "stanmore")),
        Phrase("Bank of Pinecrest sues Quillmark Corp.", ("pinecrest", "quillmark")),
        *of("stanmore", "Stanmore Sachs is downgraded by {org}", "Stanmore Sachs hires {org} analyst"),
        *none_of("Gold could hit ${n}00, Stanmore Sachs analysts write", "{org} cut to neutral by Bank of Pinecrest"),
    ),
    "exchange_hard": (
        *of(
            "harrowgate",
            "Boilers, Inc. (NYSE, TSX: HGX) reports",
            "Maker of boilers (NYSE - HGX) reports",
            "HGX US Equity halted",
        ),
        *of(
            "quillmark",
            "Printer maker (Nasdaq:QLM) jumps",
            "Printer maker (NASDAQ Global Select: QLM) jumps",
            "QLM.OQ: up {n}%",
        ),
        *none_of(
            "Nasdaq: ON track for a record close",
            "NYSE: IT outage halts trading",
            "{org} (OTC: HGXX) halts trading",
            "{org} (NYSE: ZZQ) halts trading",
            "(AMS: QLM) opens higher",
        ),
    ),
    "name_hard": (
        *of("harrowgate", "harrowgate industries shares climb", "Harrowgate  Industries wins tender"),
        *of("wexler", "Wexler &amp; Gant Co. profit up", "WEXLER & GANT CUTS {n} JOBS"),
        *of("cola", "Casca Kola names CFO", "CASCA-KOLA TO RAISE PRICES"),
        *of("tarn", "Ivory Tarn: rent growth slows"),
        *turns("renamed", ("renamed",), (), "Halden sees vans shortage", "Halden shares stall at ${n}"),
        *turns("renamed", (), ("renamed",), "Veltra's vans win award; shares rise"),
        *none_of("Tarn of ivory found in {city}", "Wexler, Gant lead {city} to victory", "Kola nut prices fall"),
    ),
    "cn_hard": (
        *of(
            "maoyun",
            "茅酒龙头云岭茅酒路演实录",
            "云岭茅酒市值跌破万亿",
            "云岭茅酒、{n}只白酒股领跌",
            "【云岭茅酒】获增持评级",
        ),
        *of("anze_bank", "安泽银行资产质量改善", "买入安泽银行的三个理由"),
        *of(
            "haiteng", "海腾控股投资{n}亿元建数据中心", "腾讯系？海腾控股澄清传闻", "港股异动：海腾控股(09777.HK)涨{n}%"
        ),
        *of("harvest_cn", "好日子：拟定增{n}亿元", "好日子(300104.SZ)复牌"),
        *none_of(
            "云岭茅酒文化节在{city}开幕",
            "安泽银行大厦发生火灾",
            "海腾控股权之争与本公司无关",
            "新好日子超市开业",
            "中国安泽大学招生",
            "600001户居民用上天然气",
            "基金代码：600001",
            "债券代码：000003",
        ),
    ),
}
