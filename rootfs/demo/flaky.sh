#!/bin/sh
# Work for a moment, then fail.
sleep 1
echo 'something went wrong'
exit 1
