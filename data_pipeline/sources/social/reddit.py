"""Reddit: the newest submissions of subreddits by the OAuth API.

A listing reaches back over about the newest 1,000 submissions; there is no access by date. ``before`` is not used: it
names a submission, and once that one is deleted Reddit answers with nothing for ever. Pages are followed by ``after``
until they reach what the cursor has seen.
"""

from typing import Any, ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
    Mark,
    Parsed,
    RateLimit,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.protocol.parsed import Refusal
from data_pipeline.sources.social.names import names
from data_pipeline.sources.times import UNKNOWN, epoch

_KEY = (
    Auth(
        place="oauth",
        name="https://www.reddit.com/api/v1/access_token",
        env="REDDIT_CLIENT_ID",
        secret_env="REDDIT_CLIENT_SECRET",
    ),
)
SUBREDDITS = ("wallstreetbets", "stocks", "investing", "StockMarket", "options", "SecurityAnalysis")
"""Read where the user names none."""
REMOVED = ("[removed]", "[deleted]")
_LISTED = 1_000
"""Submissions that a listing reaches back over."""
_PAGE = 100


class Submission(Payload):
    """One submission; ``edited`` is false or the epoch second of the last change (true for very old ones)."""

    unused: ClassVar[frozenset[str]] = frozenset(
        ("domain", "banned_by", "media_embed", "selftext_html", "likes", "suggested_sort", "user_reports", "secure_media",
         "link_flair_text", "from_kind", "gilded", "archived", "clicked", "report_reasons", "author", "media", "score",
         "approved_by", "over_18", "hidden", "num_comments", "thumbnail", "subreddit_id", "hide_score", "from", "from_id",
         "link_flair_css_class", "author_flair_css_class", "downs", "secure_media_embed", "saved", "removal_reason",
         "stickied", "is_self", "locked", "created", "url", "author_flair_text", "quarantine", "distinguished",
         "mod_reports", "visited", "num_reports", "ups", "preview", "post_hint", "all_awardings", "allow_live_comments",
         "approved_at_utc", "author_flair_background_color", "author_flair_richtext", "author_flair_template_id",
         "author_flair_text_color", "author_flair_type", "author_fullname", "author_is_blocked", "author_patreon_flair",
         "author_premium", "awarders", "banned_at_utc", "can_gild", "can_mod_post", "category", "content_categories",
         "contest_mode", "crosspost_parent", "crosspost_parent_list", "discussion_type", "gallery_data", "gildings",
         "is_created_from_ads_ui", "is_crosspostable", "is_gallery", "is_meta", "is_original_content",
         "is_reddit_media_domain", "is_robot_indexable", "is_video", "link_flair_background_color", "link_flair_richtext",
         "link_flair_template_id", "link_flair_text_color", "link_flair_type", "media_metadata", "media_only",
         "mod_note", "mod_reason_by", "mod_reason_title", "no_follow", "num_crossposts", "num_duplicates",
         "parent_whitelist_status", "pinned", "poll_data", "pwls", "removed_by", "removed_by_category", "send_replies",
         "spoiler", "subreddit_name_prefixed", "subreddit_subscribers", "subreddit_type", "thumbnail_height",
         "thumbnail_width", "top_awarded_type", "total_awards_received", "treatment_tags", "upvote_ratio",
         "url_overridden_by_dest", "view_count", "whitelist_status", "wls")
    )  # fmt: skip

    id: str
    name: str
    title: str
    subreddit: str
    created_utc: float
    permalink: str
    selftext: str = ""
    edited: bool | float = False


class Thing(Payload):
    """An entry of a listing; a submission is of kind t3."""

    kind: str
    data: dict[str, Any]


class Reddit(Source):
    """Titles and texts of the newest submissions."""

    info = SourceInfo(
        name="reddit",
        title="Reddit",
        fingpt_row=21,
        category="social",
        market="US",
        modes=("stream",),
        access="OAuth API of an app that Reddit approved; the newest 1,000 submissions of a subreddit",
        accepts=("query", "urls"),
        credentials=("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"),
        rate=RateLimit(calls=100, seconds=60, shared="reddit"),
        zone_rule="created_utc and edited in epoch seconds (UTC)",
        poll_seconds=60,
        terms="Data API terms: free for non-commercial use; deleted posts must be removed; no training without consent.",
        licence="proprietary (Reddit and the posts' authors)",
        evidence="recorded",
        evidence_note="payloads/reddit/TestSubredditListings.test_new.json, TestSubreddit.test_search.json",
        parser_version="reddit-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return nothing: a listing cannot be asked by date."""
        return []

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for the newest page of each subreddit in ``query`` (names apart by blanks) and ``urls``."""
        requests = []
        for subreddit in names(scope, "reddit.com", "r/") or SUBREDDITS:
            context = {"subreddit": subreddit}
            seen = cursor.serial(subreddit)
            if seen is not None:
                context["seen"] = str(seen)
            params = {"limit": str(_PAGE), "raw_json": "1"}
            url = f"https://oauth.reddit.com/r/{subreddit}/new"
            requests.append(Request(url=url, params=params, auth=_KEY, context=context))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read a listing of submissions; other things in it are counted."""
        payload = expect_object(read_json(response), "the top")
        if payload.get("kind") != "Listing":
            kind: Refusal = "credentials" if payload.get("error") in (401, 403) else "content"
            raise RefusedResponse(f"Reddit answered: {str(payload)[:300]}", kind)
        listing = expect_object(payload.get("data"), "data")
        out = Collector(self.info, response)
        context = response.request.context
        serials = []
        for address, thing in out.items(Thing, expect_list(listing.get("children"), "children"), "/data/children"):
            if thing.kind != "t3":
                out.parsed.counts["no_submissions"] += 1
                continue
            item = out.validate(Submission, thing.data, address)
            stamp = out.stamp(address, epoch, item.created_utc) if item is not None else None
            if item is None or stamp is None:
                continue
            dated = not isinstance(item.edited, bool)
            updated = out.stamp(address, epoch, item.edited) if dated else UNKNOWN
            serial = _serial(item.id)
            if updated is None or serial is None:
                continue
            serials.append(serial)
            removed = item.selftext in REMOVED
            out.parsed.counts["removed_texts"] += removed
            out.document(
                address,
                native_id=item.name,
                title=item.title,
                body="" if removed else item.selftext,
                url=f"https://www.reddit.com{item.permalink}",
                published=stamp,
                updated=updated,
            )
            out.mark(Mark(at=stamp.at, serial=serial), context.get("subreddit", item.subreddit))
        self._follow(out, listing.get("after"), serials)
        return out.parsed

    @staticmethod
    def _follow(out: Collector, after: Any, serials: list[int]) -> None:
        """Ask for the next page while all of this one is new; the first look at a subreddit takes one page."""
        request = out.response.request
        seen, read = request.context.get("seen"), int(request.params.get("count", "0")) + _PAGE
        if seen is None or not serials or min(serials) <= int(seen) or read >= _LISTED:
            return
        if isinstance(after, str) and after and after != request.params.get("after"):
            params = {**request.params, "after": after[:40], "count": str(read)}
            out.parsed.follow.append(request.model_copy(update={"params": params}))


def _serial(submission: str) -> int | None:
    """Return the number that an id is in base 36, None where it is none: such an item has no place in the order."""
    text = submission.lower()
    return int(text, 36) if text.isascii() and text.isalnum() and len(text) <= 12 else None


SOURCE = Reddit()
