"""A person whose name, numbers, answers and files nobody should find in a backup.

Run as a program beside a demo it writes them by the program's services; what they are is typed here
for those who search.
"""

NAME = "欧阳绯鸢"
ID_NUMBER = "990101199003077715"
PAPER = "公刑拘字〔2026〕44107号"
ANSWER = "他说昨夜没睡着，想念在衢州的母亲"
DOCUMENT = b"%PDF-1.4 canary " + "衢州来信：母亲病重".encode() + bytes(range(256)) * 40

#: In the encodings in which any of it may have been written down.
WORDS = [
    said.encode(encoding)
    for said in (NAME, ID_NUMBER, PAPER, ANSWER)
    for encoding in ("utf-8", "utf-16-le", "gb18030", "unicode_escape")
]


def main() -> None:
    """Admit the person, note an answer, keep a document and a photo; says the files' digests."""
    import io
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")
    django.setup()

    from PIL import Image

    from custos.foundation.database import scope
    from custos.foundation.media import services as media
    from custos.foundation.record import services as record
    from custos.foundation.record.kinds import Corrected
    from custos.foundation.record.parties import Post
    from tests import factories

    photo = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(photo, "PNG")
    files = [media.store(DOCUMENT, f"{NAME}.pdf"), media.store(photo.getvalue(), "photo.png")]
    officer = factories.an_officer(Post.ADMISSION)
    with scope.entered(scope.Scope.of_system("tests")):
        stay = factories.a_detainee(in_cell=factories.a_cell(), name=NAME, by=officer)
        with record.deed() as deed:
            said = Corrected(entry="0" * 32, wrong=ID_NUMBER, right=ANSWER, reason=PAPER)
            deed.append(said, about=stay, by=officer, attachments=files)
    for file in files:
        print(file.sha256)


if __name__ == "__main__":
    main()
