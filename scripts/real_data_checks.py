"""Tables of what two real data sets hold: StockNet (repeats, published class counts rebuilt) and the Yahoo articles.

    python scripts/real_data_checks.py ../shared/data
    python scripts/real_data_checks.py ../shared/data --only yahoo --json real-data.json

Counts, numbers of records and tickers are printed, never a text. The figures are told in docs/real-data.md.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from real_prices import real_bars
from real_stocknet import Step, check_stocknet
from real_yahoo import Row, class_rows, date_rows, read, repeat_rows
from real_yahoo_prices import price_rows, returns_of

from tickertune.core.files import write_json


def show_stocknet(tables: dict[str, Any]) -> None:
    """Print the tables of StockNet."""
    print("StockNet: tweets")
    for what, count in {**tables["tweets"], **tables["days"]}.items():
        print(f"  {what:<50}{count:>9}")
    print(f"  stocks without prices: {', '.join(tables['stocks without prices'])}")
    print(f"\n{'acl18 targets':<78}{'train':>8}{'dev':>7}{'up':>7}{'up':>7}")
    published = tables["published"]
    print(
        f"  {'published (test: ' + str(published['test']) + ', not in our copy)':<76}{published['train']:>8}{published['dev']:>7}"
    )
    rows: Sequence[Step] = tables["steps"]
    for row in rows:
        print(f"  {row.rule:<76}{row.train:>8}{row.dev:>7}{row.train_up:>7.3f}{row.dev_up:>7.3f}")
    for label, built in tables["built"].items():
        print(f"  {label}, built: {built['samples']}; left out: {built['counts']}")


def show_yahoo(tables: dict[str, Any]) -> None:
    """Print the tables of the articles."""
    print(f"\nYahoo articles: {tables['articles']}, {tables['tickers']} tickers mentioned")
    for part in ("dates", "prices", "repeats"):
        rows: Sequence[Row] = tables[part]
        for row in rows:
            print(f"  {row.what:<90}{row.count:>6} of {row.of:>6}  {row.examples}")
        print()
    for named in tables["classes"]:
        print("  " + ", ".join(f"{name} {value}" for name, value in named.items()))


def check_yahoo(data: Path) -> dict[str, Any]:
    """All tables of the articles."""
    articles = read(data / "yahoo_articles")
    return {
        "articles": dict(sorted(Counter(one.name[:4] for one in articles).items())),
        "tickers": len({ticker for one in articles for ticker in one.tickers}),
        "dates": date_rows(articles),
        "prices": price_rows(articles, returns_of(real_bars("skfolio_sp500", data))),
        "repeats": repeat_rows(articles),
        "classes": class_rows(articles),
    }


def plain(value: Any) -> Any:
    """The value with its named tuples as mappings, for JSON."""
    if hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def main() -> None:
    """Print the tables; with ``--json FILE`` write them too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with stocknet, yahoo_articles and prices")
    parser.add_argument("--only", choices=("stocknet", "yahoo"), help="one of the two")
    parser.add_argument("--json", type=Path, help="file for the tables")
    arguments = parser.parse_args()
    tables: dict[str, Any] = {}
    if arguments.only != "yahoo":
        tables["stocknet"] = check_stocknet(arguments.data / "stocknet")
        show_stocknet(tables["stocknet"])
    if arguments.only != "stocknet":
        tables["yahoo"] = check_yahoo(arguments.data)
        show_yahoo(tables["yahoo"])
    if arguments.json:
        write_json(arguments.json, plain(tables))


if __name__ == "__main__":
    main()
