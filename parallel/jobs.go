package parallel

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

// jobsVariable holds the number of jobs of calls that do not say it themselves.
const jobsVariable = "LABBOOK_JOBS"

var errNoJobs = errors.New("0 jobs would run nothing: ask for a positive number, -1 for all cores, or -2 for all but one")

// settleJobs replaces what was asked for, in the call or by the environment,
// by a number of jobs that is at least 1.
func (s *settings) settleJobs() error {
	asked := -1
	if s.jobsGiven {
		asked = s.jobs
	} else if text := os.Getenv(jobsVariable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("read %s=%q: not a whole number: set it to a number of jobs, to -1 for all cores, or unset it", jobsVariable, text)
		}
		if n == 0 {
			return fmt.Errorf("read %s=%q: %w", jobsVariable, text, errNoJobs)
		}
		asked = n
	}
	var err error
	s.jobs, err = countJobs(asked, runtime.GOMAXPROCS(0))
	return err
}

// countJobs applies joblib's meaning of a number of jobs.
func countJobs(asked, cores int) (int, error) {
	switch {
	case asked == 0:
		return 0, errNoJobs
	case asked > 0:
		return asked, nil
	}
	return max(1, cores+1+asked), nil
}
