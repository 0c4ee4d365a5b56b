from django.apps import AppConfig


class RosterConfig(AppConfig):
    name = "backend.roster"
    label = "roster"
