"""A home in an S3-compatible bucket, through obstore. Its settings stand in the environment alone.

`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL` and the others that obstore
reads. The bucket must know conditional writes (`If-Match`, `If-None-Match`), as S3 and its relatives do.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from warehouse.errors import LockLostError, WarehouseError
from warehouse.store import BUCKET, Held

LEASE_S = float(os.environ.get("NIANBAO_LEASE_S", "60"))
"""Seconds of silence after which the owner of a lock counts as dead."""

_BEATS = 4
"""Signs of life in a lease."""


class Bucket:
    """A home in a bucket. A PUT of one object is atomic; locks are leases in the record that they guard."""

    links = False

    def __init__(self, url: str) -> None:
        bucket, _, prefix = url.removeprefix(BUCKET).strip("/").partition("/")
        if not bucket:
            raise WarehouseError(f"{url}: names no bucket; write s3://bucket/prefix")
        self.url = f"{BUCKET}{bucket}/{prefix}".rstrip("/")
        patience = timedelta(seconds=LEASE_S / 2)
        try:
            self.objects = S3Store(
                bucket,
                prefix=prefix or None,
                client_options={
                    "timeout": patience,
                    "connect_timeout": patience / 3,
                    "allow_http": os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"),
                },
                retry_config={"max_retries": 5, "retry_timeout": patience},
            )
        except BaseError as error:
            raise WarehouseError(f"{url}: {_reason(error)}; look at the AWS_* settings") from error

    def read(self, path: str) -> bytes:
        with self._plainly(path):
            return bytes(obstore.get(self.objects, path).bytes())

    def read_range(self, path: str, offset: int, length: int) -> bytes:
        """Some of the bytes of a file."""
        with self._plainly(path):
            return bytes(obstore.get_range(self.objects, path, start=offset, length=length))

    def write(self, path: str, data: bytes) -> None:
        with self._plainly(path):
            obstore.put(self.objects, path, data)

    def copy(self, source: str, target: str) -> None:
        with self._plainly(target):
            obstore.copy(self.objects, source, target)

    def remove(self, path: str) -> None:
        with self._plainly(path):
            obstore.delete(self.objects, [path, *(f"{path}/{name}" for name in self.walk(path))])

    def folders(self, path: str) -> list[str]:
        with self._plainly(path):
            found = obstore.list_with_delimiter(self.objects, path)["common_prefixes"]
            return sorted(name.rpartition("/")[2] for name in found)

    def files(self, path: str) -> list[str]:
        with self._plainly(path):
            found = obstore.list_with_delimiter(self.objects, path)["objects"]
            return sorted(item["path"].rpartition("/")[2] for item in found)

    def walk(self, path: str) -> list[str]:
        with self._plainly(path):
            found = [item["path"] for page in obstore.list(self.objects, f"{path}/") for item in page]
            return sorted(name.removeprefix(f"{path}/") for name in found)

    def settle(self, path: str) -> None:
        """A PUT that was answered is durable."""

    def record(self, path: str) -> str | None:
        with self._plainly(path):
            found = self._lease(path)
        return found.value if found else None

    def where(self, path: str) -> str:
        return f"{self.url}/{path}"

    @contextmanager
    def exclusive(self, path: str) -> Iterator[Held]:
        with self._plainly(path):
            held = _HeldBucket(self, path, self._taken(path))
        try:
            yield held
        finally:
            held.release()

    def _taken(self, path: str) -> _Lease:
        """The lease after it was taken, from nobody or from an owner that gives no sign of life."""
        seen, since = None, time.monotonic()
        while True:
            found = self._lease(path)
            if found is None or found.owner is None or time.monotonic() - since > LEASE_S:
                mine = _Lease(found.value if found else None, secrets.token_hex(8), 0, None)
                try:
                    return self._put(path, mine, found.tag if found else None)
                except (AlreadyExistsError, PreconditionError):
                    continue  # somebody else was faster
            if found.tag != seen:
                seen, since = found.tag, time.monotonic()
            time.sleep(min(0.5, LEASE_S / _BEATS))

    def _lease(self, path: str) -> _Lease | None:
        try:
            found = obstore.get(self.objects, path)
        except FileNotFoundError:
            return None
        fields = json.loads(bytes(found.bytes()))
        return _Lease(fields["value"], fields["owner"], fields["beat"], found.meta["e_tag"])

    def _put(self, path: str, lease: _Lease, tag: str | None) -> _Lease:
        """Put a lease in the place of the one with this tag (None: of none)."""
        body = json.dumps({"value": lease.value, "owner": lease.owner, "beat": lease.beat}).encode()
        mode: Any = "create" if tag is None else {"e_tag": tag}
        try:
            done = obstore.put(self.objects, path, body, mode=mode, use_multipart=False)
        except (AlreadyExistsError, PreconditionError):
            # The answer to an earlier try may have got lost on its way: then what stands there is ours.
            found = self._lease(path)
            if found is None or replace(found, tag=None) != lease:
                raise
            return found
        return _Lease(lease.value, lease.owner, lease.beat, done["e_tag"])

    @contextmanager
    def _plainly(self, path: str) -> Iterator[None]:
        """Turn the errors of the library into OSErrors that name the object and hold no more than a line."""
        try:
            yield
        except FileNotFoundError as error:
            raise FileNotFoundError(errno.ENOENT, "no such object", self.where(path)) from error
        except BaseError as error:
            raise OSError(errno.EIO, _reason(error), self.where(path)) from error


@dataclass(frozen=True, slots=True)
class _Lease:
    """The content of a record: its value, who holds its lock (None: nobody), signs of life, and its tag."""

    value: str | None
    owner: str | None
    beat: int
    tag: str | None


class _HeldBucket:
    """A lease and the thread that renews it. Whoever takes it over changes its tag, and with that nothing of
    this owner comes through any more: the tag is the fence."""

    def __init__(self, bucket: Bucket, path: str, lease: _Lease) -> None:
        self._bucket = bucket
        self._path = path
        self._lease = lease
        self.value = lease.value
        self._renewed = time.monotonic()
        self._turn = threading.Lock()
        self._released = threading.Event()
        self._renewing = threading.Thread(target=self._renew, daemon=True)
        self._renewing.start()

    def set(self, value: str) -> None:
        with self._bucket._plainly(self._path):
            self._advance(value, self._lease.owner)
        self.value = value

    def check(self) -> None:
        if time.monotonic() - self._renewed > LEASE_S / 2:
            raise self._lost()

    def release(self) -> None:
        self._released.set()
        self._renewing.join()
        try:
            self._advance(self._lease.value, None)
        except (BaseError, LockLostError):
            return  # the next owner waits until the lease has run out

    def _renew(self) -> None:
        while not self._released.wait(LEASE_S / _BEATS):
            try:
                self._advance(None, self._lease.owner)
            except LockLostError:
                return
            except BaseError:
                continue  # `check` tells when it was silent for too long

    def _advance(self, value: str | None, owner: str | None) -> None:
        with self._turn:
            now = self._lease
            following = _Lease(now.value if value is None else value, owner, now.beat + 1, None)
            began = time.monotonic()
            try:
                self._lease = self._bucket._put(self._path, following, now.tag)
            except (AlreadyExistsError, PreconditionError) as error:
                raise self._lost() from error
            self._renewed = began

    def _lost(self) -> LockLostError:
        where = self._bucket.where(self._path)
        return LockLostError(f"{where}: the lock went to another process; nothing was lost: run it again")


def _reason(error: Exception) -> str:
    """One line of an error of the library, which goes on for pages and may quote what the server said."""
    return str(error).partition("\n")[0][:300].rstrip()
