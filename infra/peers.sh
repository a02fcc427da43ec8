#!/usr/bin/env bash
# Installs the programs of Debian that tests and benchmarks use where they find them: readers of PDF and Office
# files as peers, Apertium with a pair of languages, fonts, a browser, and what reads compose files. Without them
# those tests are skipped.
set -euo pipefail

PACKAGES=(poppler-utils tesseract-ocr tesseract-ocr-deu apertium apertium-eng-spa fonts-noto-core fonts-noto-cjk
  libreoffice-calc libreoffice-writer chromium docker-compose)

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "peers: needs root on Debian; left out" >&2
  exit 0
fi
missing=()
for package in "${PACKAGES[@]}"; do
  dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
[ "${#missing[@]}" != 0 ] || exit 0
echo "peers: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
timeout 120 apt-get update -qq
timeout 400 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
