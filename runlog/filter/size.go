package filter

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseSize reads "10GB" (powers of 1000), "500MiB" and "1.5G" (powers of 1024),
// and a plain number of bytes.
func ParseSize(text string) (int64, error) {
	wrong := fmt.Errorf("%q is no size; write 10GB, 500MiB or 1.5G", text)
	upper := strings.ToUpper(strings.TrimSpace(text))
	digits := strings.TrimRight(upper, "BIKMGTPE ")
	number, err := strconv.ParseFloat(digits, 64)
	if err != nil || strings.Trim(digits, "0123456789.") != "" {
		return 0, wrong
	}
	factor, known := sizeUnits[strings.TrimSpace(upper[len(digits):])]
	bytes := number * factor
	if !known || bytes >= math.MaxInt64 || bytes < 1 && number > 0 {
		return 0, wrong
	}
	return int64(bytes), nil
}

var sizeUnits = map[string]float64{
	"": 1, "B": 1,
	"K": 1 << 10, "KIB": 1 << 10, "KB": 1e3,
	"M": 1 << 20, "MIB": 1 << 20, "MB": 1e6,
	"G": 1 << 30, "GIB": 1 << 30, "GB": 1e9,
	"T": 1 << 40, "TIB": 1 << 40, "TB": 1e12,
	"P": 1 << 50, "PIB": 1 << 50, "PB": 1e15,
}
