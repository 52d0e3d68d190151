"""The probe core: finds listeners, asks them, and says what answers."""
