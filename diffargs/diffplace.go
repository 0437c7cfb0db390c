package diffargs

import "fmt"

// placeOf says where numbers differ if that is a row, a column, a range or
// every so many of an array; else "". places are in ascending order and at
// least two.
func placeOf(a *array, places []int) string {
	if len(places) == a.len() {
		return ""
	}
	if c := a.columns(); c > 1 {
		sameRow, sameColumn := true, true
		for _, i := range places {
			sameRow = sameRow && i/c == places[0]/c
			sameColumn = sameColumn && i%c == places[0]%c
		}
		switch {
		case sameColumn:
			return fmt.Sprintf("only in column %d", places[0]%c)
		case sameRow && len(a.shape) == 2:
			return fmt.Sprintf("only in row %d", places[0]/c)
		case sameRow:
			return ""
		}
	}
	if len(a.rows) > 1 {
		return ""
	}
	step, first, last := places[1]-places[0], places[0], places[len(places)-1]
	for k := 1; k < len(places); k++ {
		if places[k]-places[k-1] != step {
			step = 0
		}
	}
	switch {
	case step == 1:
		return fmt.Sprintf("all in [%d:%d]", first, last+1)
	case step > 1 && len(places) > 2:
		return fmt.Sprintf("every %s from [%d] to [%d]", ordinal(step), first, last)
	case 4*(last-first) < a.len():
		return fmt.Sprintf("all in [%d:%d]", first, last+1)
	}
	return ""
}

// ordinal returns "2nd" for 2.
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}
