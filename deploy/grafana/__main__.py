"""Write the dashboards' JSON files again."""

from deploy.grafana.made import FOLDER, made


def main() -> None:
    """Write each dashboard to the file that is named by its uid."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in made().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
