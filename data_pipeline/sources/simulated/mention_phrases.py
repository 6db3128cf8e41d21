"""What the newswire says of the cast, and what only looks like it.

A phrase tells which companies it is truly about (none: a look-alike that must not link). Where a change of name or
symbol decides, ``later`` tells what holds from that day on.
"""
# Chinese punctuation is full-width:
# ruff: noqa: RUF001

from data_pipeline.sources.simulated.mention_phrases_blind import BLIND
from data_pipeline.sources.simulated.mention_phrases_hard import HARD
from data_pipeline.sources.simulated.phrase import Phrase, none_of, of, turns

NAMES: dict[str, tuple[Phrase, ...]] = {
    "full_name": (
        *of(
            "harrowgate",
            "Harrowgate Industries Inc. opens a depot in {city}",
            "Workers at Harrowgate Industries, Inc. vote on pay",
            "HARROWGATE INDUSTRIES INC REPORTS THIRD QUARTER RESULTS",
            "Harrowgate Industries Incorporated names a treasurer",
        ),
        *of(
            "quillmark",
            "Quillmark Corp. to present at the {city} conference",
            "{city} court hears case against Quillmark Corporation",
            "Quillmark Corp: annual meeting on May {n}",
        ),
        *of(
            "wexler",
            "Wexler & Gant Co. sells its {city} warehouse",
            "A unit of Wexler and Gant Company is fined ${n} million",
        ),
        *of("dynamo", "General Dynamo Corporation hires {n} engineers", "Strike ends at General Dynamo Corp."),
        *of("good_buy", "Good Buy Co. shuts {n} shops", "Good Buy Co Inc orders an audit"),
        *of("berring", "Berring Holdings, Inc. adds to its stake in {org}", "Berring Holdings Inc. holds its meeting"),
        *of("cola", "Casca-Kola Co. tests a new bottle in {city}", "Casca-Kola Company lifts prices {n}%"),
        *of("aldwick", "Aldwick Laboratories Inc. opens trial of a heart drug"),
        *of("tarn", "Ivory Tarn Holdings Inc. refinances ${n} million of loans"),
    ),
    "short_name": (
        *of(
            "harrowgate",
            "Harrowgate Industries posts a narrower loss",
            "Why Harrowgate Industries Is Down {n}% This Week",
            "The {city} plant of Harrowgate Industries reopens",
        ),
        *of("wexler", "Wexler & Gant beats forecasts", "Dividend lifted by Wexler and Gant"),
        *of("dynamo", "General Dynamo wins ${n} million order", "{org} sues General Dynamo over patents"),
        *of("whitlock", "Norwood Whitlock cuts outlook", "Is Norwood Whitlock a Buy After Earnings?"),
        *of("stanmore", "Stanmore Sachs to cut {n} jobs in {city}", "Stanmore Sachs Group profit falls {n}%"),
        *of("pinecrest", "Bank of Pinecrest raises its dividend", "Former Bank of Pinecrest teller is charged"),
        *of("aldwick", "Aldwick Laboratories recalls test kits", "Trial of Aldwick Laboratories' drug is halted"),
        *of("ostrander", "Ostrander Mills closes its {city} mill"),
    ),
    "one_word": (
        *of(
            "harrowgate",
            "Harrowgate shares slide {n}% after warning",
            "Harrowgate's third-quarter profit doubles",
            "Investors flee as Harrowgate CEO quits",
            "Regulator fines Harrowgate ${n} million over emissions, stake in Harrowgate is for sale",
        ),
        *of(
            "quillmark",
            "Quillmark to buy {org} for ${n} million",
            "Quillmark Beats Estimates, Lifts Forecast",
            "Shares of Quillmark fell {n}% in late trading",
            "Quillmark unveils a cheaper printer",
        ),
        *of("cola", "Casca-Kola sees {n}% growth", "Analysts like Casca-Kola's margins"),
        *none_of(
            "John Harrowgate, a {city} painter, dies at {n}",
            "Fire on Harrowgate Street, two hurt",
            "University of Harrowgate picks a new dean",
            "The village of Harrowgate celebrates its fair",
            "Lake Quillmark reopens to swimmers",
            "Coach Dan Quillmark rests his goalkeeper",
            "Harrowgate Town beats {city} United {n}-1",
            "Mayor Ellen Quillmark says taxes will rise",
        ),
    ),
    "word_name": (
        *of(
            "ladder",
            "Ladder Inc. cuts its outlook",
            "Ladder shares jump {n}% on earnings",
            "Ladder Inc's CEO sells stock worth ${n} million",
        ),
        *of(
            "orchard",
            "Orchard Corp. hires a finance chief",
            "Orchard stock drops after downgrade",
            "Orchard CEO Mary Lund resigns",
        ),
        *of("pilot", "Pilot Company reports record revenue", "Shares in Pilot fell {n}% in early trading"),
        *of("anvil", "Anvil Corp wins order from {org}", "Anvil's quarterly earnings top estimates"),
        *none_of(
            "Man falls from ladder in {city}",
            "Ladder of success: how {n} graduates found work",
            "Orchard owners in {city} fear frost",
            "Orchard visits rise as apples ripen",
            "Pilot error blamed for crash near {city}",
            "Pilot Program Cuts Waiting Times",
            "Hammer and Anvil: {org} is caught between lenders",
            "Anvil found in {city} is {n}00 years old",
            "Climbing the Property Ladder Gets Harder",
            "A Pilot Says Fatigue Is Common",
        ),
    ),
    "phrase_name": (
        *of("good_buy", "Good Buy shares fall after holiday sales miss", "Retailer Good Buy to close {n} shops"),
        *of("dynamo", "General Dynamo's turbines sell well", "Profit at General Dynamo rises {n}%"),
        *none_of(
            "Is {org} a Good Buy Now?",
            "Why {org} Stock Looks Like a Good Buy",
            "Three Good Buy Ideas for Retirees",
            "The general dynamo of growth is credit",
        ),
    ),
    "initials": (
        *of("wexler", "W&G profit rises {n}%", "Shares of W&G hit a record", "W&G's {city} plant to close"),
        *none_of(
            "R&D spending rises {n}% in {city}",
            "Hotel and B&B owners fear a quiet summer",
            "M&A volume falls to ${n} billion",
            "GD Prakash wins seat in {city}",
            "G&W recipes for a quick supper",
        ),
    ),
    "alias": (
        *of("harrowgate", "Big Harrow cuts {n} jobs", "Union asks Big Harrow for more pay"),
        *of("aldwick", "Aldi Labs wins approval for a pump", "What ails Aldi Labs?"),
        *turns("renamed", ("renamed",), (), "Halden recalls {n} vans", "New Halden van is delayed"),
        *none_of("Big harrow sold at {city} farm auction", "Big Harrowing night for {city}", "Aldi labels its eggs"),
    ),
    "former_name": (
        *turns(
            "renamed",
            ("renamed",),
            (),
            "Halden Motors sells {n}% more vans",
            "Halden Motors Inc. opens a plant in {city}",
            "HALDEN MOTORS INC FILES ANNUAL REPORT",
            "Suppliers of Halden Motors ask for cash",
        ),
        *turns(
            "renamed",
            (),
            ("renamed",),
            "Veltra Mobility Inc. reports a loss",
            "Veltra Mobility signs up {org}",
            "A fire stops work at Veltra Mobility",
            "Veltra shares gain {n}%",
        ),
    ),
    "nested": (
        *of(
            "corrigan",
            "Corrigan Inc. buys back shares",
            "Corrigan shares hit a low",
            "Corrigan, Inc. pays ${n} million",
        ),
        *of(
            "corrigan_foods",
            "Corrigan Foods Inc. cuts its dividend",
            "Corrigan Foods recalls soup",
            "{org} supplies Corrigan Foods with jars",
        ),
        *of(
            "corrigan_canada",
            "Corrigan Foods Canada expands in {city}",
            "Profit falls at Corrigan Foods Canada Ltd.",
        ),
        Phrase("Corrigan Foods and Corrigan Foods Canada end merger talks", ("corrigan_foods", "corrigan_canada")),
        *none_of(
            "Corrigan Hospitality REIT sells a hotel",
            "Corrigan Foods Charitable Trust gives ${n},000 to schools",
            "Corrigan Brothers Plumbing LLC opens in {city}",
            "Bank of Pinecrest Stadium sells out",
            "New shops near General Dynamo Arena",
            "Oakum Resources Australia Pty is wound up",
            "First Bank of Pinecrest County fails",
        ),
    ),
    "inflected": (
        *of("dynamo", "General Dynamo-led group wins {city} tender", "General Dynamo\u2019s bonds rally"),
        *of("wexler", "Wexler & Gant-owned chain closes", "Wexler & Gant's board meets"),
        *of(
            "harrowgate",
            "Harrowgate Industries' lenders agree to wait",
            "Harrowgate-backed start-up raises ${n} million",
        ),
        *of("pinecrest", "(Bank of Pinecrest) and its unions talk", "\u201cBank of Pinecrest\u201d is trending"),
        *none_of("Harrowgaters march in {city}", "Neo-Harrowgate style is back", "Subquillmark analysis explained"),
    ),
    "broker": (
        *of(
            "quillmark",
            "Stanmore Sachs upgrades Quillmark Corp. to buy",
            "Bank of Pinecrest cuts Quillmark Corp. price target to ${n}",
            "Quillmark Corp. slips as Stanmore Sachs turns cautious",
            "Stanmore Sachs analyst: Quillmark Corp. may double",
            "Quillmark Corp. started at hold by Bank of Pinecrest",
        ),
        *of("wexler", "Wexler & Gant downgraded at Stanmore Sachs", "Stanmore Sachs starts Wexler & Gant at neutral"),
        *of("stanmore", "Stanmore Sachs plans to buy {org}", "Stanmore Sachs raises pay of junior bankers"),
        *of("pinecrest", "Bank of Pinecrest cuts {n}00 jobs", "Bank of Pinecrest upgrades its branches"),
        Phrase("Stanmore Sachs and Bank of Pinecrest settle with regulators", ("stanmore", "pinecrest")),
        *none_of(
            "Stanmore Sachs analyst Ann Doe says stocks look rich",
            "{org} is upgraded to buy at Stanmore Sachs",
            "Stanmore Sachs downgrades {org} to sell",
            "Treasuries to rally, according to Stanmore Sachs strategists",
        ),
    ),
}

SYMBOLS: dict[str, tuple[Phrase, ...]] = {
    "cashtag": (
        *of("harrowgate", "$HGX breaks out", "Long $hgx here", "Watching ($HGX) into the close"),
        *of("whitlock", "$NOW beats", "Sold my $NOW calls"),
        *of("ostrander", "$ON up {n}%", "loading $ON before earnings"),
        *of("aldwick", "$X breaks support", "What is going on with $X?"),
        *of("berring", "$BRH.A at a record", "$BRH-A buys more shares"),
        *none_of(
            "U$X rivals fear tariffs",
            "C$NOW Festival in {city}",
            "P$$HGX password leaked",
            "The $NOWHERE tour",
            "A$HGX",
        ),
    ),
    "bare_symbol": none_of(
        "ON sale NOW: {n}% off IT equipment",
        "X MARKS THE SPOT IN {city}",
        "HGX is the gate code for visitors",
        "IT jobs are moving to {city}",
        "PLT unit shares drop-off point",
        "Apply NOW for the {city} grant",
        "Flight ANV {n} lands late",
    ),
    "new_symbol": (
        *turns(
            "resymboled", ("resymboled",), (), "$TRSL gaps up", "Tressel (NASDAQ: TRSL) hires", "Buying $TRSL on dips"
        ),
        *turns(
            "resymboled", (), ("resymboled",), "$TSYX gaps up", "(NASDAQ: TSYX) to split its stock", "$TSYX looks weak"
        ),
    ),
    "reused_symbol": (
        *(
            Phrase(text, ("delisted",), (("delisted", ()), ("reused", ("reused",))))
            for text in ("$OKR trades in {city} too", "Big day for $OKR", "(NYSE: OKR) moves {n}%", "Selling my $OKR")
        ),
        *turns("delisted", ("delisted",), (), "Oakum Resources finds gold", "A mine of Oakum Resources Ltd. floods"),
        *turns("reused", (), ("reused",), "Okonite Robotics (NASDAQ:OKR) ships {n} arms"),
    ),
    "exchange": (
        *of(
            "harrowgate",
            "The maker of boilers (NYSE: HGX) names a chairman",
            "Boiler maker (NYSE:HGX) to report on Monday",
            "NYSE:HGX crosses its 200-day average",
            "New York Stock Exchange-listed Harrowgate (HGX) is probed",
        ),
        *of("quillmark", "The printer maker (NASDAQ: QLM) opens in {city}", "Nasdaq: QLM halted, news pending"),
        *of("tarn", "The refrigeration firm (NYSE: IT) is sold", "Landlord (NYSE:IT) lifts payout {n}%"),
        *of("aldwick", "Drug maker (NYSE: X) wins approval"),
        *of("berring", "The insurer (NYSE: BRH.A) meets in {city}", "Insurer NYSE:BRH-A at a high"),
        *of("ladder", "The recruiter (NasdaqGS: RUNG) posts a loss", "Recruiter <RUNG.O> cuts jobs"),
        *of("orchard", "Juice maker ORCH.N falls {n}%"),
        *none_of(
            "The London miner (LSE: HGX) digs deeper",
            "{org} (TSX: QLM) raises ${n} million",
            "Sydney's (ASX:ON) wins tender",
            "{org} (Paris: IT) names a chairman",
            "Score at half-time: HGX: {n}",
            "Box (HGX) holds {n} pens",
        ),
    ),
    "bracketed": (
        *of("ladder", "Ladder (RUNG) tops estimates", "Why Ladder (RUNG) Is a Top Stock to Watch"),
        *of("orchard", "Orchard (ORCH) slides", "Will Orchard (ORCH) Beat Estimates Again?"),
        *of("ostrander", "Ostrander (ON) ships {n} rolls"),
        *of("pilot", "Pilot (PLT): Time to Buy?", "Zacks ranks Pilot (PLT) first"),
        Phrase("Ladder (RUNG) and Pilot (PLT) report on Thursday", ("ladder", "pilot")),
        *none_of(
            "The switch (ON) is green",
            "Department head (IT) wanted",
            "Size (X) shirts cost {n}% more",
            "Reserve (PLT) list",
        ),
    ),
    "payload": (
        *(
            Phrase(text, (key,), payload=(key,))
            for key, text in (
                ("harrowgate", "Boiler maker to cut {n} jobs"),
                ("ladder", "Recruiter warns on profit"),
                ("anze", "Insurer's premiums rise {n}%"),
                ("quillmark", "Printers fly off the shelves in {city}"),
            )
        ),
        *(
            Phrase(text, payload=(key,), social=True)
            for key, text in (
                ("aldwick", "U$X U$X U$X great game tonight"),
                ("aldwick", "Rapper A$X plays {city}"),
                ("whitlock", "tickets $NOWHERE to be found"),
                ("ostrander", "turn it $ON... http://t.example/1a"),
                ("tarn", "sh$IT happens at work"),
                ("ladder", "the stairs have a broken rung lol"),
                ("harrowgate", "my wifi name is hgx"),
            )
        ),
        *(
            Phrase(text, (key,), payload=(key,), social=True)
            for key, text in (
                ("aldwick", "$X looks cheap at these prices"),
                ("ostrander", "adding $ON under {n}"),
                ("harrowgate", "Harrowgate Industries is a value trap imo"),
            )
        ),
    ),
}

CHINESE: dict[str, tuple[Phrase, ...]] = {
    "cn_name": (
        *of(
            "maoyun",
            "云岭茅酒上调出厂价，股价大涨{n}%",
            "外资连续三日增持云岭茅酒",
            "云岭茅酒股份有限公司发布年度报告",
            "白酒股走弱，云岭茅酒跌{n}%",
        ),
        *of("anze_bank", "安泽银行三季度净利润增长{n}%", "监管处罚安泽银行，罚款{n}万元"),
        *of(
            "anze", "中国安泽前三季度保费收入增长{n}%", "中国安泽保险(集团)股份有限公司召开股东大会", "安泽集团完成换届"
        ),
        *of("haiteng", "海腾控股回购{n}万股", "海腾控股游戏业务收入下滑"),
        *of("harvest_cn", "好日子(300104)签下新剧", "好日子股价涨停，换手率{n}%"),
        *none_of(
            "好日子还在后头：{city}居民迁入新居",
            "过上好日子，村民收入增{n}%",
            "云岭茅台镇举办酒节",
            "海腾路发生交通事故",
            "安泽县召开农业会议",
        ),
    ),
    "cn_nested": (
        *of("anze_bank", "安泽银行获准发债", "安泽银行信用卡中心被投诉"),
        Phrase("中国安泽与安泽银行签署协议", ("anze", "anze_bank")),
        *none_of(
            "中国安泽人寿上调万能险利率",
            "云岭茅酒集团董事长接受调查",
            "海腾中学迎来校庆",
            "中国安泽证券研报：看好消费板块",
        ),
    ),
    "cn_code": (
        *of(
            "maoyun",
            "SH600001 创出新高",
            "600001.SH 今日涨{n}%",
            "sh600001 尾盘跳水",
            "云岭茅酒（600001）公布分红方案",
            "股票代码：600001，今日停牌",
            "600001.SS rises {n}% in Shanghai",
        ),
        *of("anze_bank", "安泽银行(000003)股东大会决议", "sz000003 成交额居首", "000003.SZ 获北向资金买入"),
        *of(
            "haiteng",
            "09777.HK 回购{n}万股",
            "海腾控股(09777)午后拉升",
            "9777.HK slips {n}% in Hong Kong",
            "HK:09777 停牌",
        ),
        *none_of(
            "中标金额600001元",
            "客服电话：600001转{n}",
            "订单号000003已发货",
            "某某稳健混合A(000003)净值上涨{n}%",
            "邮编600001，印度金奈",
            "沪指成交600001手",
            "2023年1月3日(000003号公告)",
            "600001.SZ 不是有效代码",
            "某某成长基金（600001）暂停申购",
        ),
    ),
    "cn_tag": (
        *of("maoyun", "$云岭茅酒(SH600001)$ 今天加仓", "看好$云岭茅酒(SH600001)$，目标价{n}00"),
        *of("anze_bank", "$安泽银行(SZ000003)$ 股息率{n}%", "$安泽银行 sz000003$ 又跌了"),
        *of("haiteng", "$海腾控股(09777)$ 回购不停", "$海腾控股(HK09777)$ 抄底"),
        *none_of("$某某控股(SH600004)$ 涨停", "$人民币(CNY)$ 升值", "花了$600001买房"),
    ),
    "special": (
        *turns("special", ("special",), (), "北渡重工中标{n}亿元项目", "北渡重工(000013)年报难产"),
        *turns("special", (), ("special",), "*ST北渡被立案调查", "ST北渡(000013)连续跌停", "＊ST北渡公告重整进展"),
        *of("special", "北渡重型机械股份有限公司公告", "000013.SZ 今日停牌"),
        *none_of("北渡口码头恢复通航", "北渡镇重工业园开工"),
    ),
}
KINDS: dict[str, tuple[Phrase, ...]] = NAMES | SYMBOLS | CHINESE | HARD | BLIND
"""Kind of evidence, as the truth table calls it, to its phrases."""
