package display

// Plural returns "1 hit", "3 hits": n with the word that fits it.
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}
