package filter

import "testing"

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "12B": 12, "10GB": 10_000_000_000, "500MiB": 500 << 20, "1.5G": 3 << 29, "1k": 1024, "1kB": 1000, "1KB": 1000, "1kib": 1024,
		"2 TB": 2_000_000_000_000, "1P": 1 << 50, " 7M ": 7 << 20, "0.5K": 512, "0GB": 0,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "G", "-1", "1X", "1GBB", "1e3", "0x10", "NaN", "Inf", "1.2.3", "1 G B", "0.5", "0.1B", "10000PB", "99999P", "1iB", "½G", "1_000"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
}
