package display

// LeftOut returns the line that stands where so many bytes of output were left
// out: "[… 12.3 MiB of output left out …]".
func LeftOut(bytes int64) string {
	return "[… " + Bytes(bytes) + " of output left out …]"
}
