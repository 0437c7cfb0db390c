package filter

import "strings"

// Complete returns what a term that has been begun may become: the fields that
// it can name, or the values of a field that has a fixed list of them. The rest
// is for the user to know.
func Complete(begun string) []string {
	field, values, isField := strings.Cut(begun, ":")
	if !isField {
		var list []string
		for _, name := range Fields() {
			if name != "dur" { // it is compared
				name += ":"
			}
			if strings.HasPrefix(name, begun) {
				list = append(list, name)
			}
		}
		return list
	}
	switch strings.ToLower(field) {
	case "status":
		return completeValue(begun, values, statuses)
	case "outcome":
		return completeValue(begun, values, outcomes)
	case "reason":
		return completeValue(begun, values, reasons)
	}
	return nil
}

// completeValue completes the last of values with commas between by those that
// are not named yet.
func completeValue[S ~string](begun, values string, known []S) []string {
	named := strings.Split(values, ",")
	last := named[len(named)-1]
	taken := map[string]bool{}
	for _, value := range named[:len(named)-1] {
		taken[value] = true
	}
	var list []string
	for _, value := range known {
		if text := string(value); strings.HasPrefix(text, last) && !taken[text] {
			list = append(list, strings.TrimSuffix(begun, last)+text)
		}
	}
	return list
}
