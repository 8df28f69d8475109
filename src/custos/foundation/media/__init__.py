"""Files that entries name, by the digest of their content.

`services.store()` checks size and type, strips what an image tells besides its picture, and writes
the file once; `services.read()` gives it back, checked against its digest. A file is written
before the transaction that names it commits, so that no committed entry names a missing file.
"""
