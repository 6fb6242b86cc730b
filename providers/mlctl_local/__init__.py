"""The provider ``local``: jobs as processes of this machine, data in its folders."""

from mlctl_local.provider import LocalProvider, provider

__all__ = ["LocalProvider", "provider"]
