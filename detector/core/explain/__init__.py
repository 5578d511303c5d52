"""Why a rule holds for a key, or by how much it does not; as data and as text in English and Chinese."""
