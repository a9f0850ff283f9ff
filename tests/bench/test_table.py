from .runs import Figure, table


def test_numbers_stand_below_one_another_with_three_digits_that_say_something() -> None:
    figures = [
        Figure(name="start", unit="s", samples=[1.234, 0.5, 12.34], aim="1.5 s", note="cold"),
        Figure(name="enqueue", unit="/s", samples=[12345.6, 100.2]),
    ]
    assert table(figures).splitlines() == [
        "figure    min  median     max      n  aim",
        "start    0.50    1.23    12.3  s   3  1.5 s  cold",
        "enqueue   100   6,223  12,346  /s  2",
    ]
