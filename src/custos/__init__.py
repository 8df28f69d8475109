"""Custos."""
