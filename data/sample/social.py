"""The sample's Instagram download and X archive."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from exports import SITE, Truth, as_meta, local, write_zip
from markup import records
from scenes import encode, picture

_INSTAGRAM = "instagram.zip"
_ACCOUNT = "wrenmere.school"
_MEDIA = "your_instagram_activity/media"
_X = "x-archive.zip"
_HANDLE, _NUMBER = "WrenmereSch", "998107312"
_SHORT = 275  # code points of a long post that tweets.js holds
_EPOCH = 1288834974657  # X's numbers count milliseconds from here, 4 November 2010, shifted by 22 bits


def instagram(folder: Path, truth: Truth) -> None:
    """The account's download, layout of 2024 to 2026."""
    lists: dict[str, list[Any]] = {"post": [], "story": [], "comment": [], "portrait": []}
    places = {
        "post": (f"{_MEDIA}/posts_1.json", ""),
        "story": (f"{_MEDIA}/stories.json", "/ig_stories"),
        "comment": ("your_instagram_activity/comments/post_comments_1.json", ""),
        "portrait": (f"{_MEDIA}/profile_photos.json", "/ig_profile_picture"),
    }
    files: dict[str, bytes] = {}
    for number, (fields, body, _) in enumerate(records("instagram")):
        kind, day, time = fields[0].split()
        at = int(local(day, time).timestamp()) + number % 50
        member, key = places[kind]
        place = (_INSTAGRAM, member, f"{key}/{len(lists[kind])}")
        text = truth.text(place, "text", body)
        if kind == "comment":
            said = {"Comment": {"value": text}, "Media Owner": {"value": fields[1]}, "Time": {"timestamp": at}}
            lists[kind].append({"media_list_data": [{"uri": ""}], "string_map_data": said})
            continue
        media = []
        for i, spec in enumerate(fields[1].split(", ")):
            group = {"post": "posts", "story": "stories", "portrait": "profile"}[kind]
            # Pictures of stories are JPEG whatever their name says, as in real downloads.
            ending = "webp" if kind == "story" else "jpg"
            uri = f"media/{group}/{day[:4]}{day[5:7]}/1799{number:08}{i:05}.{ending}"
            media.append(_shown(uri, at, text if kind != "post" or "," not in fields[1] else ""))
            if spec != "absent":
                truth.picture(place, f"media:{i}", spec)
                files[uri] = encode(picture(spec), uri)
        if kind != "post":
            lists[kind] += media
        elif len(media) == 1:
            lists[kind].append({"media": media})
        else:
            lists[kind].append({"media": media, "title": text, "creation_timestamp": at + 1})
    avatar = lists["portrait"][0]
    thread = {
        "participants": [{"name": "A parent"}, {"name": _ACCOUNT}],
        "messages": [{"sender_name": "A parent", "timestamp_ms": 1758002000000, "content": "Is it the red top today?"}],
    }
    documents: dict[str, Any] = {
        places["post"][0]: lists["post"],
        places["story"][0]: {"ig_stories": lists["story"]},
        places["portrait"][0]: {"ig_profile_picture": lists["portrait"]},
        places["comment"][0]: lists["comment"],
        "personal_information/personal_information/personal_information.json": _person(avatar),
        "your_instagram_activity/messages/inbox/aparent_17/message_1.json": thread,
    }
    members = {name: json.dumps(as_meta(value), indent=2).encode() for name, value in documents.items()}
    write_zip(folder / _INSTAGRAM, members | files)


def _shown(uri: str, at: int, title: str) -> dict[str, Any]:
    taken = f"{datetime.fromtimestamp(at - 600, UTC):%Y%m%dT%H%M%S}.000Z"
    camera = {"exif_data": [{"device_id": "android-41f0", "date_time_original": taken}]}
    return {
        "uri": uri,
        "creation_timestamp": at,
        "media_metadata": {"photo_metadata": camera, "camera_metadata": {"has_camera_metadata": False}},
        "title": title,
        "cross_post_source": {"source_app": "FB"},
    }


def _person(avatar: dict[str, Any]) -> dict[str, Any]:
    told = {
        "Email": "office@wrenmere.example",
        "Username": _ACCOUNT,
        "Name": "Wrenmere School",
        "Bio": "A small school’s window on the sea 🌊",
        "Website": f"{SITE}/",
        "Private Account": "False",
    }
    photo = {key: avatar[key] for key in ("uri", "creation_timestamp", "title")}
    values = {label: {"href": "", "value": value, "timestamp": 0} for label, value in told.items()}
    user = {"title": "", "media_map_data": {"Profile Photo": photo}, "string_map_data": values}
    return {"profile_user": [user]}


def _escape(text: str) -> str:
    """The three characters that X escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def x_archive(folder: Path, truth: Truth) -> None:
    """The account's archive, layout of 2022 and later."""
    lists: dict[str, list[Any]] = {"tweets": [], "note-tweet": [], "deleted-tweets": []}
    files: dict[str, bytes] = {}
    for number, (fields, body, _) in enumerate(records("x")):
        kind, day, time = fields[0].split()
        at = local(day, time).astimezone(UTC).replace(second=number % 50)
        ident = str((int(at.timestamp() * 1000) + 137 - _EPOCH) << 22)
        member = "deleted-tweets" if kind == "deleted" else "tweets"
        place = (_X, f"data/{member}.js", f"/{len(lists[member])}/tweet")
        if kind == "note":
            place = (_X, "data/note-tweet.js", f"/{len(lists['note-tweet'])}/noteTweet/core/text")
        text = truth.text(place, "text", f"{_opening(kind, fields[1])}{body}")
        if kind == "note":
            lists["note-tweet"].append(_note(str(int(ident) + 1), at, text))
            text = f"{text[:_SHORT].rsplit(' ', 1)[0]}… https://t.co/n{number:03}"
        tweet = _tweet(ident, at, text)
        if kind == "reply":
            asked = str(int(ident) - (5_000_000 << 22))
            tweet |= {"in_reply_to_status_id_str": asked, "in_reply_to_user_id_str": f"{55000 + number}"}
            tweet |= {"in_reply_to_status_id": asked, "in_reply_to_screen_name": fields[1]}
        if kind == "deleted":
            tweet["deleted_at"] = f"{at + timedelta(minutes=17):%a %b %d %H:%M:%S +0000 %Y}"
        if len(fields) > 2:
            name = f"Wr{number:03}Haven.jpg"
            truth.picture(place, "media:0", fields[2])
            files[f"data/tweets_media/{ident}-{name}"] = encode(picture(fields[2]), name)
            _show(tweet, name, number)
        lists[member].append({"tweet": tweet})
    files["data/profile_media/998107312-crest.jpg"] = encode(picture("logo crest jpeg"), "crest.jpg")
    members = {
        "data/manifest.js": f"window.__THAR_CONFIG = {json.dumps(_manifest(lists), indent=2)}",
        "data/account.js": _assigned("account", [{"account": _owner()}]),
        "data/profile.js": _assigned("profile", [{"profile": _profile()}]),
        "data/direct-messages.js": _assigned("direct_messages", [{"dmConversation": _conversation()}]),
        **{f"data/{name}.js": _assigned(name.replace("-", "_"), rows) for name, rows in lists.items()},
    }
    write_zip(folder / _X, {name: text.encode() for name, text in members.items()} | files)


def _opening(kind: str, whom: str) -> str:
    return {"reply": f"{{H=@{whom}}} ", "retweet": f"RT {{H=@{whom}}}: "}.get(kind, "")


def _assigned(name: str, rows: list[Any]) -> str:
    return f"window.YTD.{name}.part0 = {json.dumps(rows, indent=2, ensure_ascii=False)}"


def _tweet(ident: str, at: datetime, text: str) -> dict[str, Any]:
    full = _escape(text)
    return {
        "edit_info": {"initial": {"editTweetIds": [ident], "editsRemaining": "5", "isEditEligible": True}},
        "retweeted": False,
        "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
        "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
        "display_text_range": ["0", str(len(full))],
        "favorite_count": str(int(ident) // 4194304 % 23),
        "id_str": ident,
        "truncated": False,
        "retweet_count": "1",
        "id": ident,
        "created_at": f"{at:%a %b %d %H:%M:%S +0000 %Y}",
        "favorited": False,
        "full_text": full,
        "lang": "en",
    }


def _show(tweet: dict[str, Any], name: str, number: int) -> None:
    """Add a picture to a post."""
    link = f"https://t.co/p{number:03}"
    one = {
        "expanded_url": f"https://twitter.com/{_HANDLE}/status/{tweet['id_str']}/photo/1",
        "url": link,
        "media_url": f"http://pbs.twimg.com/media/{name}",
        "media_url_https": f"https://pbs.twimg.com/media/{name}",
        "id_str": str(int(tweet["id_str"]) - 7),
        "type": "photo",
        "display_url": f"pic.twitter.com/p{number:03}",
    }
    tweet["full_text"] += f" {link}"
    tweet["entities"]["media"] = [one]
    tweet["extended_entities"] = {"media": [one]}


def _note(ident: str, at: datetime, text: str) -> dict[str, Any]:
    moment = f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
    core: dict[str, Any] = {"styletags": [], "urls": [], "text": text, "mentions": [], "cashtags": [], "hashtags": []}
    return {"noteTweet": {"noteTweetId": ident, "updatedAt": moment, "createdAt": moment, "core": core}}


def _owner() -> dict[str, str]:
    return {
        "email": "office@wrenmere.example",
        "createdVia": "web",
        "username": _HANDLE,
        "accountId": _NUMBER,
        "createdAt": "2012-11-06T09:12:31.000Z",
        "accountDisplayName": "Wrenmere School",
    }


def _profile() -> dict[str, Any]:
    about = {"bio": "News from the hill & the harbour", "website": f"{SITE}/", "location": "Saltby Haven"}
    about["bio"] = _escape(about["bio"])
    return {"description": about, "avatarMediaUrl": f"https://pbs.twimg.com/profile_images/{_NUMBER}/crest.jpg"}


def _conversation() -> dict[str, Any]:
    message = {"id": "1", "senderId": "55901", "recipientId": _NUMBER, "text": "Is the pool warm?", "mediaUrls": []}
    return {"conversationId": f"55901-{_NUMBER}", "messages": [{"messageCreate": message}]}


def _manifest(lists: dict[str, list[Any]]) -> dict[str, Any]:
    counts = chain({"account": 1, "profile": 1, "direct-messages": 1}.items(), ((n, len(r)) for n, r in lists.items()))
    kinds = {}
    for name, count in counts:
        globe = name.replace("-", "_")
        file = {"fileName": f"data/{name}.js", "globalName": f"YTD.{globe}.part0", "count": str(count)}
        kinds[globe] = {"mediaDirectory": f"data/{globe}_media", "files": [file]}
    return {
        "userInfo": {"accountId": _NUMBER, "userName": _HANDLE, "displayName": "Wrenmere School"},
        "archiveInfo": {"sizeBytes": "61000", "generationDate": "2026-02-01T09:00:00.000Z", "isPartialArchive": False},
        "dataTypes": kinds,
    }
