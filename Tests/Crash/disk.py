"""Disks that fail under a server: libraries to preload, and what a power failure leaves."""
import os, shutil, subprocess

PAGE = 4096


def build(name, folder):
    """Compiles a library of this folder; its path."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".c")
    library = f"{folder}/{name}.so"
    subprocess.run(["clang", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library


def databases(folder):
    return [name for name in os.listdir(folder) if name.endswith((".db", ".db-wal"))]


def begin_shadow(data, shadow):
    """What is there when the server starts survives."""
    shutil.rmtree(shadow, ignore_errors=True)
    os.mkdir(shadow)
    for name in databases(data):
        shutil.copyfile(f"{data}/{name}", f"{shadow}/{name}")


def lose_power(data, shadow, chance):
    """Leaves of what was never synced some pages and not others. `chance` is of a page's survival, 0 to 1, by file."""
    for name in databases(data):
        with open(f"{data}/{name}", "rb") as file:
            written = file.read()
        synced = b""
        if os.path.exists(f"{shadow}/{name}"):
            with open(f"{shadow}/{name}", "rb") as file:
                synced = file.read()
        survival = chance()
        left = bytearray(synced)
        for start in range(0, len(written), PAGE):
            page = written[start:start + PAGE]
            if page != synced[start:start + PAGE] and chance() < survival:
                left.extend(bytes(max(0, start - len(left))))
                left[start:start + len(page)] = page
        with open(f"{data}/{name}", "wb") as file:
            file.write(left)
    for name in os.listdir(data):
        if name.endswith("-shm"):
            os.unlink(f"{data}/{name}")
