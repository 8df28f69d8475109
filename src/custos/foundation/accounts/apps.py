from typing import Any

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "custos.foundation.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Answer what the shell, a layer below, asks about people, posts and kinds."""
        from custos.foundation.accounts import middleware, queries
        from custos.foundation.record import kinds
        from custos.foundation.record.parties import Post
        from custos.foundation.ui import ports

        def kind_title(name: str) -> Any:
            return next((k.title for k in reversed(kinds.all_kinds()) if k.name == name), name)

        ports.acting_of = middleware.acting_for
        ports.demo_roles = queries.demo_roles
        ports.post_title = {post.value: post.title for post in Post}.get
        ports.kind_title = kind_title
