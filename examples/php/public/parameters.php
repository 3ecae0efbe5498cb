<?php
// All that PHP was told of the request, as JSON.
header('Content-Type: application/json');
ksort($_SERVER);
echo json_encode($_SERVER, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
