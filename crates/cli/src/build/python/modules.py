"""The modules of a folder that a program imports, itself first, each read as its own interpreter reads it. Nothing of them runs.

Its arguments are the folder, the folders that imports are looked up in, and `--` before the programs. What a program imports by a
name that it makes itself, nobody finds.
"""

import ast
import json
import os
import sys

end = sys.argv.index("--")
folder, roots, programs = sys.argv[1], sys.argv[2:end], sys.argv[end + 1 :]


def files(base, name):
    """The files of a module and of the packages that it lies in."""
    place = base
    for part in name.split("."):
        place = os.path.join(place, part)
        yield from (file for file in (f"{place}.py", os.path.join(place, "__init__.py")) if os.path.isfile(file))


def imported(file, tree):
    """The files that a module may mean by what it imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            bases, names = roots, [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            bases = [os.path.normpath(os.path.join(file, *[".."] * node.level))] if node.level else roots
            within = f"{node.module}." if node.module else ""
            names = [within + alias.name for alias in node.names]
        else:
            continue
        for base in bases:
            yield from (found for name in names for found in files(base, name))
            if base not in roots and os.path.isfile(os.path.join(base, "__init__.py")):
                yield os.path.join(base, "__init__.py")


found = []
while programs:
    file = os.path.realpath(programs.pop(0))
    if file in found or os.path.commonpath([file, folder]) != folder:
        continue
    found.append(file)
    with open(file, "rb") as text:
        code = text.read()
    compile(code, file, "exec", dont_inherit=True)
    programs += imported(file, ast.parse(code, file))
print(json.dumps(found))
