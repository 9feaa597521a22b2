"""The documentation site: pages of the repository, and pages made of the code, for Sphinx.

    python -m tools.site                 builds build/site/html, warnings being errors
    python -m tools.site --source DIR    writes the pages alone

Nothing that is made here is kept in the repository.
"""
