"""Operations of the modules that stand below the API and can't import it."""
