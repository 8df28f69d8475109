from typing import Any

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "custos.foundation.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Answer what the shell, a layer below, asks about people, posts and kinds."""
        from custos.foundation.accounts import audit, idle, locking, middleware, queries, sessions
        from custos.foundation.record import kinds
        from custos.foundation.record.parties import Post
        from custos.foundation.ui import ports

        def kind_title(name: str) -> Any:
            return next((k.title for k in reversed(kinds.all_kinds()) if k.name == name), name)

        audit.listen()
        idle.listen()
        locking.listen()
        sessions.listen()
        autodiscover_modules("acts")
        ports.acting_of = middleware.watching_for
        ports.demo_roles = queries.demo_roles
        ports.post_title = {post.value: post.title for post in Post}.get
        ports.kind_title = kind_title
        ports.is_operator = lambda acting: acting.post is Post.SYSTEM_ADMIN
