"""People who do not exist, as several agencies would write them down: what recognising a person is learned and tried on."""
