"""The OpenAPI document of all faces, and the page that shows it. Begin with `document.py`.

The faces' tables of endpoints say which calls there are, and the tables of operations here what each takes and answers.
Nothing but `face.py` is loaded before the document is asked for.
"""
