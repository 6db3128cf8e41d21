"""A third pool about the cast: written last, measured, and never used to change the linker.

It says what to expect of texts that nobody looked at. Whoever changes the linker for one of these phrases moves the phrase to
the second pool and writes a new one.
"""
# Chinese punctuation is full-width:
# ruff: noqa: RUF001

from data_pipeline.sources.simulated.phrase import Phrase, none_of, of, turns

BLIND: dict[str, tuple[Phrase, ...]] = {
    "names_blind": (
        *of(
            "harrowgate",
            "Harrowgate Industries Q{n} Earnings Call Transcript",
            "EU opens antitrust case against Harrowgate Industries, {org}",
            "Harrowgate bondholders reject swap",
            "Four takeaways from Harrowgate's investor day",
            "Harrowgate tumbles as boiler demand cools",
        ),
        *of(
            "quillmark",
            "Ink maker Quillmark lifts payout by {n}%",
            "Quillmark Corp. COO steps down",
            "Activist takes {n}% of Quillmark",
            "Could Quillmark Be the Next {org}?",
            "Is Quillmark stock overvalued?",
        ),
        *of(
            "ladder",
            "Ladder Inc. Class A shares halted",
            "Ladder (NASDAQ: RUNG) to join small-cap index",
            "Why Ladder Stock Crashed Today",
        ),
        *of("orchard", "Orchard Corp. withdraws guidance", "Orchard shareholders back merger"),
        *of("pilot", "Pilot Company sells {n} truck stops", "Pilot's CEO joins board of {org}"),
        *of("wexler", "W&G closes {city} mill", "Wexler & Gant: a slow recovery"),
        *of("corrigan_foods", "Corrigan Foods CEO sells shares", "Soup maker Corrigan Foods names {org} veteran"),
        *of(
            "pinecrest",
            "Bank of Pinecrest profit beats as loan losses fall",
            "Regulators fine Bank of Pinecrest ${n} million",
        ),
        *of("stanmore", "Stanmore Sachs posts record trading revenue", "Former Stanmore Sachs partner sentenced"),
        *of("cola", "Casca-Kola bottler strike enters week {n}", "Casca-Kola's new can divides fans"),
        *of("aldwick", "FDA panel backs Aldwick Laboratories pump", "Aldwick drug misses trial goal, shares halve"),
        *of("good_buy", "Good Buy Co. to sell appliance unit", "Good Buy's holiday quarter disappoints investors"),
        *turns(
            "renamed", ("renamed",), (), "Halden Motors halts van output in {city}", "Halden Motors' sales drop {n}%"
        ),
        *turns(
            "renamed",
            (),
            ("renamed",),
            "Veltra Mobility sees growth in fleets",
            "Veltra, formerly a van maker, posts a loss",
        ),
        Phrase("{org} weighs bid for Harrowgate Industries, Wexler & Gant", ("harrowgate", "wexler")),
        *of(
            "quillmark",
            "Stanmore Sachs lifts Quillmark Corp. price target",
            "Quillmark Corp. a top pick, say Bank of Pinecrest analysts",
        ),
        *none_of(
            "Harrowgate man wins the lottery",
            "Flood warning for Harrowgate and {city}",
            "Harrowgate council approves cycle path",
            "Jane Quillmark joins {org} as treasurer",
            "The Ladder: a short film about ambition",
            "Apple orchard stock runs low before cider season",
            "Pilot shortage hits regional carriers",
            "Anvil clouds seen over {city}",
            "Good buy or goodbye? Readers on {org}",
            "The general dynamo and its uses: a history",
            "Corrigan wins {city} marathon",
            "Mr. Corrigan said the talks failed",
            "Bank of Pinecrest Tower evacuated",
            "Stanmore Sachs economists expect {n} rate cuts",
            "Casca region hit by drought",
            "Halden, {n}, scores twice for {city}",
            "Wexler wins seat in {city} council",
            "Tressel work on the railway bridge resumes",
        ),
    ),
    "symbols_blind": (
        *of(
            "harrowgate",
            "$HGX earnings tonight, expecting a beat",
            "(NYSE: HGX) schedules third quarter call",
            "HGX.N falls {n}%",
        ),
        *of("whitlock", "Thinking about $NOW here", "(NYSE:NOW) prices offering"),
        *of("tarn", "$IT breaking down", "(NYSE: IT) reit update"),
        *of("aldwick", "$X, $X and more $X"),
        *of("quillmark", "Nasdaq-listed printer maker (QLM.O) soars", "$qlm to the moon"),
        *of("berring", "NYSE: BRH.A hits record", "$BRHA adds {n}%"),
        *turns("resymboled", ("resymboled",), (), "$TRSL looks ready", "NASDAQ:TRSL crosses its average"),
        *turns("resymboled", (), ("resymboled",), "$TSYX looks ready"),
        *none_of(
            "Just paid US$X for parking",
            "IT is what IT is",
            "act NOW and save {n}%",
            "TURN IT ON",
            "(TSX-V: QLM) drills",
            "ca$hgx giveaway",
            "U.S.: IT budget grows",
            "room X is full",
        ),
    ),
    "cn_blind": (
        *of(
            "maoyun",
            "北向资金今日净买入云岭茅酒{n}亿元",
            "云岭茅酒：前三季度净利同比增长{n}%",
            "云岭茅酒(600001.SH)大宗交易",
            "白酒板块拉升 云岭茅酒涨超{n}%",
        ),
        *of("anze_bank", "安泽银行行长辞职", "{n}家银行下调存款利率，安泽银行跟进", "SZ000003突破年线"),
        *of("anze", "中国安泽回应传闻", "险资举牌：中国安泽再度出手"),
        *of("haiteng", "海腾控股(09777.HK)斥资{n}万港元回购", "大行评级：海腾控股目标价{n}00港元"),
        *of("harvest_cn", "好日子股价{n}连板", "300104.SZ 好日子拟收购影视公司"),
        *turns("special", ("special",), (), "北渡重工澄清公告"),
        *turns("special", (), ("special",), "*ST北渡：收到终止上市告知书", "ST北渡盘中跌停"),
        *none_of(
            "云岭茅酒厂老职工回忆录",
            "好日子里的小康生活",
            "过了好日子，别忘苦日子",
            "安泽银行业协会发布倡议",
            "中国安泽证券首席：年内降息",
            "快递单号600001已签收",
            "某某债券基金C(000003)分红",
            "尾号600001的手机号",
            "北渡桥重工队夺冠",
        ),
    ),
}
