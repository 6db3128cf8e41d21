"""What the tests of the filings share."""


def entry(number: int, accepted: str, form: str = "8-K", filed: str = "") -> str:
    """Return an entry of getcurrent in the layout of the recorded ones; filed on the day of acceptance unless named."""
    accession = f"0000000001-26-{number:06}"
    return (
        f"<entry><title>{form} - ACME INC (0000000001) (Filer)</title>"
        f'<link rel="alternate" href="https://www.sec.gov/Archives/edgar/data/1/{accession}-index.htm"/>'
        f'<summary type="html">\n &lt;b&gt;Filed:&lt;/b&gt; {filed or accepted[:10]} &lt;b&gt;AccNo:&lt;/b&gt; {accession}'
        f" &lt;b&gt;Size:&lt;/b&gt; 14 KB\n</summary><updated>{accepted}</updated>"
        f'<category term="{form}"/><id>urn:tag:sec.gov,2008:accession-number={accession}</id></entry>'
    )


def feed(*entries: str) -> bytes:
    """Return a page of getcurrent."""
    title = "<title>Latest Filings</title>"
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{title}{"".join(entries)}</feed>'.encode()
