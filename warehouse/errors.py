"""What can go wrong in the warehouse; every message is one plain line with the way out."""


class WarehouseError(Exception):
    """The warehouse cannot be read or written. Nothing that was published has changed."""


class NoDatasetError(WarehouseError):
    """Nothing was published in this home yet, or not under this snapshot id."""


class UnknownNameError(WarehouseError):
    """A table or column that the dataset does not have."""


class LockLostError(WarehouseError):
    """Another process took the lock over, because this one was silent for too long."""
