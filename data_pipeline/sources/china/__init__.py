"""Chinese news, posts, filings, a file each."""

from data_pipeline.sources.china import (
    cctv,
    cninfo,
    eastmoney,
    eastmoney_announcements,
    eastmoney_digest,
    guba,
    sina,
    sina_hq,
    tushare,
    weibo,
    xueqiu,
    yicai,
)
from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (
    sina.SOURCE,
    eastmoney.SOURCE,
    yicai.SOURCE,
    cctv.SOURCE,
    tushare.SOURCE,
    weibo.SOURCE,
    xueqiu.SOURCE,
    guba.SOURCE,
    cninfo.SOURCE,
    eastmoney_announcements.SOURCE,
    eastmoney_digest.SOURCE,
    sina_hq.SOURCE,
)
