#!/bin/sh
# Fetch a page from web, by its name and over the bridge, again and again.
while :; do
	if page=$(wget -O - http://web/ 2>&1); then
		echo "web says: $page"
	else
		echo "web does not answer: $page"
	fi
	sleep 1
done
