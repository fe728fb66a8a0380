"""Take the network away from a process that reads documents from outside.

A filter of the kernel (seccomp) lets the process open no socket but local ones, for the rest of its life and
that of its children; it needs no privilege. Written by hand, because the Python bindings of libseccomp come
with the library's Debian package only, and a network namespace needs privileges or a single-threaded process.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
import sys

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_TSYNC = 1
"""The filter holds for all threads of the process."""
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
"""Instructions of classic BPF: load a word, compare it, return."""
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Where they lie in struct seccomp_data (little endian)."""
_IO_URING_SETUP = 425
"""Could open sockets past the filter."""
_FOREIGN_CALLS = 0x40000000
"""Calls of the x32 interface."""

_MACHINES = {"x86_64": (0xC000003E, 41, 317), "aarch64": (0xC00000B7, 198, 277)}
"""AUDIT_ARCH, and the numbers of socket and seccomp, by machine."""


def seal() -> bool:
    """Take the network from this process; False where that is not possible (another system or machine)."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    architecture, socket_call, seccomp_call = _MACHINES[platform.machine()]
    program = _program(architecture, socket_call)
    code = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.syscall(seccomp_call, _SECCOMP_SET_MODE_FILTER, _TSYNC, head) == 0)


def _program(architecture: int, socket_call: int) -> bytes:
    """Refuse foreign calls, io_uring, and sockets that are not local; allow everything else."""
    instructions = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, 7, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 5, 0, _FOREIGN_CALLS),
        (_EQUAL, 4, 0, _IO_URING_SETUP),
        (_EQUAL, 0, 2, socket_call),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 0, 1, int(socket.AF_UNIX)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
