"""Hashes of passwords at the smallest costs, for tests about something else: with the node's costs one takes 30 ms."""

from argon2 import PasswordHasher

from fedistream.people.passwords import Passwords

HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def quick_passwords() -> Passwords:
    return Passwords(HASHER)
