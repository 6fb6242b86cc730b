"""What every provider promises, as pytest classes to inherit from."""

import pytest

# A failed assertion shows its values only in modules that pytest knows to be tests.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{module}"
        for module in (
            "bench",
            "executor_again",
            "executor_data",
            "executor_ending",
            "executor_running",
            "resource_type",
        )
    )
)
