package runlog

import (
	"fmt"
	"os"

	"labbook/runlog/display"
)

// OutputLimitVariable names the environment variable that bounds how much of a
// run's output is kept: a size such as "64MiB", or "off" for all of it.
const OutputLimitVariable = "LABBOOK_OUTPUT_LIMIT"

const defaultOutputLimit = 32 << 20

// OutputLimit returns how many bytes of a run's output are kept, half of them
// its beginning and half its end; 0 for all of it. A variable that makes no sense
// is an error, beside which the default is returned.
func OutputLimit() (int64, error) {
	switch text := os.Getenv(OutputLimitVariable); text {
	case "":
		return defaultOutputLimit, nil
	case "off":
		return 0, nil
	default:
		n, err := display.ParseBytes(text)
		if err != nil {
			return defaultOutputLimit, fmt.Errorf(`%s=%q is no size, such as "64MiB", and not "off": %s are kept`,
				OutputLimitVariable, text, display.Bytes(defaultOutputLimit))
		}
		return n, nil
	}
}
