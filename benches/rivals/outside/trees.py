"""lxml or ElementTree doing what one rule does: find /domain/devices, put an element in as its last child, write
the text. Usage: trees.py MODULE. Reads "document LENGTH" and the bytes, then lines: "answer", or how often to repeat;
prints the length and the text, or nanoseconds of the processor."""

import importlib
import sys
import time

tree = importlib.import_module(sys.argv[1])
requests, answers = sys.stdin.buffer, sys.stdout.buffer
document = requests.read(int(requests.readline().split()[1]))

# ElementTree has its own small language of paths; lxml's XPath is compiled once, as a rule is.
if hasattr(tree, "XPath"):
    path = tree.XPath("/domain/devices")
    find = lambda root: path(root)[0]
else:
    find = lambda root: root.find("./devices")


def edit():
    root = tree.fromstring(document)
    tree.SubElement(find(root), "panic", {"model": "hyperv"})
    return tree.tostring(root, encoding="UTF-8")


for line in requests:
    if line == b"answer\n":
        text = edit()
        answers.write(b"%d\n" % len(text) + text)
    else:
        start = time.thread_time_ns()
        for _ in range(int(line)):
            edit()
        answers.write(b"%d\n" % (time.thread_time_ns() - start))
    answers.flush()
