package runlog

import (
	"fmt"
	"os"
	"strings"

	"labbook/runlog/filter"
	"labbook/runlog/sqlbook"
)

// outputLimitVariable says how much of what a run prints is kept.
const outputLimitVariable = "LABBOOK_OUTPUT_LIMIT"

// outputLimit returns how many bytes of a run's output are kept, 0 for all. If the
// variable makes no sense it is the default, and an error says so.
func outputLimit() (int64, error) {
	text := os.Getenv(outputLimitVariable)
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "":
		return sqlbook.DefaultOutputLimit, nil
	case "off":
		return 0, nil
	}
	limit, err := filter.ParseSize(text)
	if err != nil {
		return sqlbook.DefaultOutputLimit, fmt.Errorf(`%s=%q: want a size such as 64MiB, or "off" to keep all that is printed; the default of %d MiB is used`,
			outputLimitVariable, text, sqlbook.DefaultOutputLimit>>20)
	}
	return limit, nil
}
